-- SPDX-License-Identifier: BSD-2-Clause
-- Changes one field of a client or a user if it is still what the caller has seen.
--
-- KEYS     as in approach.lua, or the user's hash alone
-- ARGV     1 field   2 what it was seen to be; empty: not there   3 what it is to be
--          4 how long the key is to live, ms
-- Returns  nil if that was done, else what the field is; empty: not there
local key, order, field = KEYS[1], KEYS[2], ARGV[1]
local before = redis.call('HGET', key, field) or ''
if before ~= ARGV[2] then return before end
redis.call('HSET', key, field, ARGV[3])
if redis.call('PTTL', key) < tonumber(ARGV[4]) then redis.call('PEXPIRE', key, ARGV[4]) end
if not order then return nil end

local function first_sight(value) return string.match(value, '^(%d+)%+') end
local was, is = first_sight(before), first_sight(ARGV[3])
if is and not was then redis.call('HINCRBY', key, 'n', 1) end
if was and not is and redis.call('HINCRBY', key, 'n', -1) <= 0 then redis.call('HDEL', key, 'n') end
if not is then
  redis.call('ZREM', order, field)
elseif redis.call('EXISTS', order) == 1 then
  redis.call('ZADD', order, is, field)
  if redis.call('PTTL', order) < tonumber(ARGV[4]) then redis.call('PEXPIRE', order, ARGV[4]) end
end
return nil
