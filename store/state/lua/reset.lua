-- SPDX-License-Identifier: BSD-2-Clause
-- Forgets a user.
--
-- KEYS[1]  as in charge.lua
-- Returns  the hash as it was
local before = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return before
