<?php

declare(strict_types=1);

function text(string $value): string
{
    return htmlspecialchars($value, ENT_QUOTES);
}

function page(string $title, string $body): string
{
    $title = text($title);
    return <<<HTML
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>$title</title></head>
        <body><h1>$title</h1>
        $body
        </body>
        </html>

        HTML;
}

function login_page(string $message): string
{
    return page('Log in', '<p>' . text($message) . '</p>' . <<<'HTML'
        <form method="post" action="/login">
        <label>User <input name="user"></label>
        <label>Password <input name="password" type="password"></label>
        <button>Log in</button>
        </form>
        HTML);
}

function list_page(array $accounts, string $words, int $page): string
{
    $rows = '';
    foreach ($accounts as $account) {
        $rows .= '<tr><td><a href="/accounts/' . text($account['id']) . '">'
            . text($account['name']) . '</a></td><td>' . text($account['city']) . '</td></tr>';
    }
    $query = text(http_build_query(['q' => $words, 'page' => $page + 1]));
    return page('Accounts', '<form><input name="q" value="' . text($words) . '">'
        . '<button>Search</button></form><p><a href="/accounts/new">New account</a></p>'
        . "<table>$rows</table><p><a href=\"/accounts?$query\">Next page</a></p>");
}

function account_page(array $account): string
{
    $id = text($account['id']);
    return page($account['name'], account_form($account, "/accounts/$id")
        . "<form method=\"post\" action=\"/accounts/$id/delete\"><button>Delete</button></form>");
}

function form_page(array $account): string
{
    return page('New account', account_form($account, '/accounts'));
}

function account_form(array $account, string $action): string
{
    $inputs = '';
    foreach (['name', 'city', 'phone'] as $field) {
        $inputs .= '<label>' . ucfirst($field) . " <input name=\"$field\" value=\""
            . text($account[$field] ?? '') . '"></label>';
    }
    return "<form method=\"post\" action=\"$action\">"
        . '<input type="hidden" name="id" value="' . text($account['id']) . '">'
        . "$inputs<button>Save</button></form>";
}
