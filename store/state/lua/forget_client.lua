-- SPDX-License-Identifier: BSD-2-Clause
-- Forgets a client and its tuples.
--
-- KEYS     as in approach.lua
-- Returns  how many entries these were; 1 if it is no hash, which somebody else has put there
local count = redis.pcall('HLEN', KEYS[1])
if type(count) == 'number' then
  count = count - redis.call('HEXISTS', KEYS[1], 'n')
else
  count = 1
end
redis.call('DEL', KEYS[1], KEYS[2])
return count
