<?php

declare(strict_types=1);

const ACCOUNTS_A_PAGE = 25;

function find_accounts(string $words, int $page): array
{
    $pattern = '%' . addcslashes($words, '%_\\') . '%';
    return query(
        'SELECT id, name, city, phone FROM accounts WHERE name LIKE ? ORDER BY name, id'
        . ' LIMIT ' . ACCOUNTS_A_PAGE . ' OFFSET ' . ($page - 1) * ACCOUNTS_A_PAGE,
        $pattern,
    );
}

function find_account(string $id): ?array
{
    return query('SELECT id, name, city, phone FROM accounts WHERE id = ?', $id)[0] ?? null;
}

/** The client makes the id, so that a request that is sent twice creates one account. */
function create_account(string $id, array $fields): void
{
    query(
        'INSERT IGNORE INTO accounts (id, name, city, phone) VALUES (?, ?, ?, ?)',
        $id,
        $fields['name'] ?? '',
        $fields['city'] ?? '',
        $fields['phone'] ?? '',
    );
}

function change_account(string $id, array $fields): void
{
    query(
        'UPDATE accounts SET name = ?, city = ?, phone = ? WHERE id = ?',
        $fields['name'] ?? '',
        $fields['city'] ?? '',
        $fields['phone'] ?? '',
        $id,
    );
}

function delete_account(string $id): void
{
    query('DELETE FROM accounts WHERE id = ?', $id);
}
