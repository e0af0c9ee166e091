-- SPDX-License-Identifier: BSD-2-Clause
-- Takes a charge back as far as it still counts: quota_refund() of
-- core/quota_state.cc.
--
-- KEYS[1]  as in charge.lua
-- ARGV     1 when it was charged   2 the last message before that, or empty
--          then for each part: its field; recipients; messages
-- Returns  nothing
local user = KEYS[1]
for i = 3, #ARGV, 3 do
  local value = redis.call('HGET', user, ARGV[i])
  if value then
    local r, m, expires = string.match(value, '^(%-?%d+) (%-?%d+) (%d+)$')
    redis.call('HSET', user, ARGV[i], string.format('%d %d %s', r - ARGV[i + 1], m - ARGV[i + 2], expires))
  end
end
-- Unless another message has come since.
if redis.call('HGET', user, 'l') == ARGV[1] then
  if ARGV[2] == '' then
    redis.call('HDEL', user, 'l')
  else
    redis.call('HSET', user, 'l', ARGV[2])
  end
end
return redis.status_reply('OK')
