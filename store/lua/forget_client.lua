-- SPDX-License-Identifier: BSD-2-Clause
-- Forgets a client and its tuples.
--
-- KEYS     as in approach.lua
-- Returns  how many entries these were
local count = redis.call('HLEN', KEYS[1]) - redis.call('HEXISTS', KEYS[1], 'n')
redis.call('DEL', KEYS[1], KEYS[2])
return count
