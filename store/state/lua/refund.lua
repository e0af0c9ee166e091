-- SPDX-License-Identifier: BSD-2-Clause
-- Takes a charge back as far as it still counts: quota_refund() of
-- core/quota_state.cc.
--
-- KEYS[1]  as in charge.lua
-- ARGV     1 the field s as it was then   2 when it was charged   3 the last message
--          before that, or empty
--          then for each part: its field; recipients; messages
-- Returns  nothing
local user = KEYS[1]
-- What was charged before a reset is gone.
if redis.call('HGET', user, 's') ~= ARGV[1] then return redis.status_reply('OK') end
for i = 4, #ARGV, 3 do
  local value = redis.call('HGET', user, ARGV[i])
  if value then
    local r, m, expires = string.match(value, '^(%-?%d+) (%-?%d+) (%d+)$')
    r, m = math.max(r - ARGV[i + 1], 0), math.max(m - ARGV[i + 2], 0)
    redis.call('HSET', user, ARGV[i], string.format('%d %d %s', r, m, expires))
  end
end
-- Unless another message has come since.
if redis.call('HGET', user, 'l') == ARGV[2] then
  if ARGV[3] == '' then
    redis.call('HDEL', user, 'l')
  else
    redis.call('HSET', user, 'l', ARGV[3])
  end
end
return redis.status_reply('OK')
