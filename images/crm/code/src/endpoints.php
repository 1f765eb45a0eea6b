<?php

declare(strict_types=1);

/**
 * What service discovery announces for a service, as [host, port] pairs.
 *
 * Read at each request: confd may have rendered it anew. An INI file, not PHP, which the opcode
 * cache would keep.
 */
function endpoints(string $service): array
{
    $rendered = @parse_ini_file(__DIR__ . '/../endpoints.ini', true) ?: [];
    return array_map(
        function (string $endpoint): array {
            [$host, $port] = explode(':', $endpoint);
            return [$host, (int) $port];
        },
        $rendered[$service]['endpoints'] ?? [],
    );
}
