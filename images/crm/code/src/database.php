<?php

declare(strict_types=1);

final class DatabaseUnavailable extends RuntimeException
{
}

/** The first announced database that answers; two may be announced for a moment. */
function database(): mysqli
{
    static $connection = null;
    if ($connection !== null) {
        return $connection;
    }
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $why = 'no database is announced';
    foreach (endpoints('database') as [$host, $port]) {
        $candidate = mysqli_init();
        $candidate->options(MYSQLI_OPT_CONNECT_TIMEOUT, 1);
        $candidate->options(MYSQLI_OPT_READ_TIMEOUT, 4);
        try {
            $candidate->real_connect($host, 'zurmo', 'zurmo', 'zurmo', $port);
            $candidate->set_charset('utf8mb4');
            return $connection = $candidate;
        } catch (mysqli_sql_exception $error) {
            $why = "$host:$port: {$error->getMessage()}";
        }
    }
    throw new DatabaseUnavailable($why);
}

/** Run a prepared statement; rows of a SELECT, an empty list otherwise. */
function query(string $statement, string ...$values): array
{
    try {
        $result = database()->execute_query($statement, $values);
    } catch (mysqli_sql_exception $error) {
        throw new DatabaseUnavailable($error->getMessage(), previous: $error);
    }
    return $result === true ? [] : $result->fetch_all(MYSQLI_ASSOC);
}
