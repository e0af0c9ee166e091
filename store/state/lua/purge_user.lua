-- SPDX-License-Identifier: BSD-2-Clause
-- Forgets what is over of a user: parts of windows, and at last the user.
--
-- KEYS[1]  as in charge.lua
-- ARGV     1 now, ms   2 how many at most   3 how long the last message is known, ms
-- Returns  as purge_client.lua
local user, now, most = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local all = redis.call('HGETALL', user)
local purged, alive = 0, false
for i = 1, #all, 2 do
  local name, value = all[i], all[i + 1]
  local expires = tonumber(string.match(value, '(%d+)$') or nil)
  if expires and name == 'l' then expires = expires + tonumber(ARGV[3]) end
  -- What cannot be read stays.
  if not expires or expires > now then
    alive = true
  elseif string.find(name, ':', 1, true) then
    if purged < most then
      redis.call('HDEL', user, name)
      purged = purged + 1
    else
      alive = true
    end
  end
end
if #all > 0 and not alive and purged < most then
  redis.call('DEL', user)
  purged = purged + 1
end
return {purged, '0', purged < most and 1 or 0}
