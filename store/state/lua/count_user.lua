-- SPDX-License-Identifier: BSD-2-Clause
-- Whether a user has sent, or been refused, lately.
--
-- KEYS[1]  as in charge.lua
-- ARGV     1 now, ms   2 how long the last message is known, ms
-- Returns  1 or 0
local now = tonumber(ARGV[1])
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local expires = tonumber(string.match(all[i + 1], '(%d+)$') or nil)
  if expires and all[i] == 'l' then expires = expires + tonumber(ARGV[2]) end
  if expires and expires > now then return 1 end
end
return 0
