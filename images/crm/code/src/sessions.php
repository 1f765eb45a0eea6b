<?php

declare(strict_types=1);

/**
 * Sessions in every announced cache: one cache may be lost and nobody has to log in again.
 *
 * Written to all, read from the first that has it; those that do not have it get it then. One that
 * does not answer at once is waited for only where no other has it.
 */
final class ReplicatedSessions implements SessionHandlerInterface
{
    private const SECONDS = 3600;
    private const TIMEOUT_MS = 200;
    private const PATIENCE_MS = 1000;

    /** @var array<array{string, int}> */
    private array $endpoints = [];

    /** @var Memcached[] */
    private array $caches = [];

    public function open(string $path, string $name): bool
    {
        $this->endpoints = endpoints('cache');
        foreach ($this->endpoints as $number => $endpoint) {
            $this->caches[$number] = $this->connect($endpoint, self::TIMEOUT_MS);
        }
        return true;
    }

    private function connect(array $endpoint, int $milliseconds): Memcached
    {
        $cache = new Memcached();
        $cache->setOptions([
            Memcached::OPT_CONNECT_TIMEOUT => $milliseconds,
            Memcached::OPT_POLL_TIMEOUT => $milliseconds,
            Memcached::OPT_SEND_TIMEOUT => $milliseconds * 1000,
            Memcached::OPT_RECV_TIMEOUT => $milliseconds * 1000,
            Memcached::OPT_TCP_NODELAY => true,
        ]);
        $cache->addServer(...$endpoint);
        return $cache;
    }

    public function read(string $id): string
    {
        $without = $silent = [];
        foreach ($this->caches as $number => $cache) {
            $data = $cache->get("session.$id");
            if ($data !== false) {
                foreach ($without as $other) {
                    $other->set("session.$id", $data, self::SECONDS);
                }
                return $data;
            }
            if ($cache->getResultCode() === Memcached::RES_NOTFOUND) {
                $without[] = $cache;
            } else {
                // it does not answer: not written to in this request
                unset($this->caches[$number]);
                $silent[] = $this->endpoints[$number];
            }
        }
        // nobody has to log in again because a cache that has the session is slow
        foreach ($silent as $endpoint) {
            $data = $this->connect($endpoint, self::PATIENCE_MS)->get("session.$id");
            if ($data !== false) {
                return $data;
            }
        }
        return '';
    }

    public function write(string $id, string $data): bool
    {
        foreach ($this->caches as $cache) {
            $cache->set("session.$id", $data, self::SECONDS);
        }
        return true;
    }

    public function destroy(string $id): bool
    {
        foreach ($this->caches as $cache) {
            $cache->delete("session.$id");
        }
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function gc(int $max_lifetime): int|false
    {
        return 0;
    }
}

/** Who is logged in, or null. */
function session_user(): ?string
{
    if (!isset($_COOKIE[session_name()])) {
        return null;
    }
    open_session();
    return $_SESSION['user'] ?? null;
}

function open_session(): void
{
    if (session_status() !== PHP_SESSION_ACTIVE) {
        session_set_save_handler(new ReplicatedSessions(), true);
        session_start();
    }
}
