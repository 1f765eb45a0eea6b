<?php

declare(strict_types=1);

// The front controller: one request, one page.

require __DIR__ . '/../src/endpoints.php';
require __DIR__ . '/../src/database.php';
require __DIR__ . '/../src/sessions.php';
require __DIR__ . '/../src/accounts.php';
require __DIR__ . '/../src/pages.php';
require __DIR__ . '/../src/routes.php';

header('X-Served-By: ' . (getenv('INSTANCE') ?: 'unknown'));
header('X-Application-Version: ' . (getenv('VERSION') ?: 'unknown'));

$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/');
try {
    route($_SERVER['REQUEST_METHOD'], $path);
} catch (DatabaseUnavailable $error) {
    error_log($error->getMessage());
    answer(503, page('Not available', '<p>The database cannot be reached. Try again soon.</p>'));
}
