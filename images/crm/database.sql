-- Schema and demo data of the small CRM; user jim, password jim.
CREATE TABLE users (
    name VARCHAR(64) PRIMARY KEY,
    password VARCHAR(255) NOT NULL
) ENGINE = InnoDB;

INSERT INTO users (name, password) VALUES
    ('jim', '$2y$08$o5ZKrBvTH/q9zE5l3Y82queWjHSnrX.EVUV3PZhc9G8ps6YzqxA3e');

CREATE TABLE accounts (
    id VARCHAR(64) CHARACTER SET ascii PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    city VARCHAR(255) NOT NULL DEFAULT '',
    phone VARCHAR(64) NOT NULL DEFAULT '',
    created TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3),
    KEY (name)
) ENGINE = InnoDB;

INSERT INTO accounts (id, name, city, phone) VALUES
    ('demo-001', 'Maple Motors', 'Malmo', '+39 0461 612851'),
    ('demo-002', 'Maple Trade', 'Porto', '+39 0461 902833'),
    ('demo-003', 'Granite Systems', 'Bergen', '+39 0461 837223'),
    ('demo-004', 'Beacon Foods', 'Malmo', '+39 0461 835817'),
    ('demo-005', 'North Motors', 'Ghent', '+39 0461 034035'),
    ('demo-006', 'Cedar Energy', 'Bergen', '+39 0461 087277'),
    ('demo-007', 'Copper Foods', 'Trento', '+39 0461 475003'),
    ('demo-008', 'Beacon Press', 'Trento', '+39 0461 790778'),
    ('demo-009', 'North Press', 'Ghent', '+39 0461 261681'),
    ('demo-010', 'Summit Tools', 'Ghent', '+39 0461 114807'),
    ('demo-011', 'Maple Foods', 'Brno', '+39 0461 193577'),
    ('demo-012', 'River Trade', 'Lublin', '+39 0461 304385'),
    ('demo-013', 'Willow Systems', 'Bergen', '+39 0461 175605'),
    ('demo-014', 'South Press', 'Porto', '+39 0461 267613'),
    ('demo-015', 'Willow Press', 'Malmo', '+39 0461 998199'),
    ('demo-016', 'River Tools', 'Porto', '+39 0461 688554'),
    ('demo-017', 'Harbour Works', 'Ghent', '+39 0461 679689'),
    ('demo-018', 'Beacon Logistics', 'Ghent', '+39 0461 476789'),
    ('demo-019', 'River Works', 'Lublin', '+39 0461 520611'),
    ('demo-020', 'Granite Motors', 'Cork', '+39 0461 119737'),
    ('demo-021', 'Amber Energy', 'Trento', '+39 0461 327160'),
    ('demo-022', 'North Energy', 'Turku', '+39 0461 360020'),
    ('demo-023', 'Silver Foods', 'Turku', '+39 0461 834879'),
    ('demo-024', 'Orchid Tools', 'Graz', '+39 0461 270973'),
    ('demo-025', 'Cedar Systems', 'Bergen', '+39 0461 265770'),
    ('demo-026', 'Orchid Logistics', 'Malmo', '+39 0461 219247'),
    ('demo-027', 'Copper Systems', 'Brno', '+39 0461 452623'),
    ('demo-028', 'Amber Logistics', 'Trento', '+39 0461 236321'),
    ('demo-029', 'Beacon Trade', 'Trento', '+39 0461 416615'),
    ('demo-030', 'Falcon Press', 'Porto', '+39 0461 037042'),
    ('demo-031', 'Cedar Foods', 'Porto', '+39 0461 467317'),
    ('demo-032', 'Orchid Textiles', 'Malmo', '+39 0461 711118'),
    ('demo-033', 'Orchid Systems', 'Turku', '+39 0461 571161'),
    ('demo-034', 'South Systems', 'Graz', '+39 0461 661412'),
    ('demo-035', 'Orchid Energy', 'Malmo', '+39 0461 472745'),
    ('demo-036', 'Cedar Tools', 'Graz', '+39 0461 549344'),
    ('demo-037', 'Willow Textiles', 'Trento', '+39 0461 414080'),
    ('demo-038', 'Cedar Logistics', 'Brno', '+39 0461 842410'),
    ('demo-039', 'Amber Trade', 'Lublin', '+39 0461 691875'),
    ('demo-040', 'Willow Motors', 'Turku', '+39 0461 061640'),
    ('demo-041', 'Granite Textiles', 'Ghent', '+39 0461 131788'),
    ('demo-042', 'Silver Textiles', 'Graz', '+39 0461 918064'),
    ('demo-043', 'Copper Motors', 'Trento', '+39 0461 321269'),
    ('demo-044', 'River Energy', 'Bergen', '+39 0461 900217'),
    ('demo-045', 'Beacon Tools', 'Bergen', '+39 0461 325439'),
    ('demo-046', 'South Tools', 'Ghent', '+39 0461 779974'),
    ('demo-047', 'Silver Logistics', 'Porto', '+39 0461 436388'),
    ('demo-048', 'Willow Logistics', 'Brno', '+39 0461 264616'),
    ('demo-049', 'South Trade', 'Porto', '+39 0461 008892'),
    ('demo-050', 'Maple Works', 'Malmo', '+39 0461 921402');
