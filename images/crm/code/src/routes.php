<?php

declare(strict_types=1);

const ACCOUNT_ID = '([A-Za-z0-9-]{1,64})';

function route(string $method, string $path): void
{
    if ($path === '/health') {
        // liveness: the loss of the database must not take every web server out
        answer(200, "ok\n", 'text/plain');
        return;
    }
    if ("$method $path" === 'POST /login') {
        login($_POST['user'] ?? '', $_POST['password'] ?? '');
        return;
    }
    if (session_user() === null) {
        answer(401, login_page(''));
        return;
    }
    match (true) {
        "$method $path" === 'POST /logout' => logout(),
        $method === 'GET' && $path === '/' => redirect('/accounts'),
        $method === 'GET' && $path === '/accounts' => show_list(),
        $method === 'GET' && $path === '/accounts/new' => answer(200, form_page(new_account())),
        $method === 'POST' && $path === '/accounts' => create(),
        default => one_account($method, $path),
    };
}

function login(string $user, string $password): void
{
    $known = query('SELECT password FROM users WHERE name = ?', $user)[0]['password'] ?? '';
    if (!password_verify($password, $known)) {
        answer(401, login_page('User and password do not match.'));
        return;
    }
    open_session();
    session_regenerate_id(true);
    $_SESSION['user'] = $user;
    redirect('/accounts');
}

function logout(): void
{
    session_destroy();
    redirect('/');
}

function show_list(): void
{
    $words = $_GET['q'] ?? '';
    $page = max(1, (int) ($_GET['page'] ?? 1));
    answer(200, list_page(find_accounts($words, $page), $words, $page));
}

function new_account(): array
{
    return ['id' => bin2hex(random_bytes(16)), 'name' => '', 'city' => '', 'phone' => ''];
}

function create(): void
{
    $id = $_POST['id'] ?? '';
    if (!preg_match('/^' . ACCOUNT_ID . '$/', $id) || trim($_POST['name'] ?? '') === '') {
        answer(422, page('Not created', '<p>An account needs an id and a name.</p>'));
        return;
    }
    create_account($id, $_POST);
    header("Location: /accounts/$id");
    answer(201, account_page(find_account($id) ?? $_POST));
}

function one_account(string $method, string $path): void
{
    if (!preg_match('#^/accounts/' . ACCOUNT_ID . '(/delete)?$#', $path, $found)) {
        answer(404, page('Not found', '<p>There is no such page.</p>'));
        return;
    }
    $account = find_account($found[1]);
    if ($account === null) {
        answer(404, page('Not found', '<p>There is no such account.</p>'));
    } elseif ($method === 'GET') {
        answer(200, account_page($account));
    } elseif (isset($found[2])) {
        delete_account($account['id']);
        redirect('/accounts');
    } else {
        change_account($account['id'], $_POST);
        redirect("/accounts/{$account['id']}");
    }
}

function redirect(string $where): void
{
    header("Location: $where");
    answer(303, '');
}

/** ``?delay_ms=N`` makes any answer late, as a report would be that takes long. */
function answer(int $status, string $body, string $type = 'text/html'): void
{
    if (session_status() === PHP_SESSION_ACTIVE) {
        session_write_close();
    }
    $until = microtime(true) + max(0, min(2000, (int) ($_GET['delay_ms'] ?? 0))) / 1000;
    while (($left = $until - microtime(true)) > 0) {
        // a signal ends a sleep: a graceful stop must not make an answer early
        usleep((int) ceil($left * 1e6));
    }
    http_response_code($status);
    header("Content-Type: $type; charset=utf-8");
    echo $body;
}
