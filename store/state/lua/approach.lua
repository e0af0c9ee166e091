-- SPDX-License-Identifier: BSD-2-Clause
-- A client comes with a tuple: greylist_step() of core/greylist_state.cc, and
-- what it says must be stored. Behind trust.lua.
--
-- KEYS[1]  the client's hash; its fields:
--            t        trust: "PASSES EXPIRES"
--            n        how many tuples are pending; absent: none
--            others   a tuple each: "FIRST+LIFE" while it is pending,
--                     "FIRST-LIFE" once it has passed; then, if there are early
--                     retries, the same sign and their number, and the sign and
--                     how long after FIRST the last of them came
-- KEYS[2]  the client's pending tuples by their first sight. Made when there
--          are max_pending of them, and kept as long as it has any.
-- KEYS[3]  the hash of another client that vouches for it, or absent
-- ARGV     1 the tuple's field            7 early retries: 0 keep, 1 reset, 2 penalty
--          2 now                          8 reset-below, s
--          3 delay, s                     9 penalty, s
--          4 retry window, ms            10 max-delay, s
--          5 keep, ms                    11 trust-after
--          6 the end of what is          12 max_pending, 1 at least
--            renewed now                 13 margin for keys that expire, ms
--                                        14 what is the same try, ms
--                                        15 1: trust of KEYS[1] is not renewed
-- Returns  {kind: 0 new, 1 early, 2 passed, 3 known, 4 trusted; waited, s;
--          remaining, s; early retries}
-- Times are ms since 1970 by the caller's clock, lives in ms.
local client, order, voucher = KEYS[1], KEYS[2], KEYS[3]
local field, now = ARGV[1], tonumber(ARGV[2])
local delay, window = tonumber(ARGV[3]), tonumber(ARGV[4])
local keep, renewed = tonumber(ARGV[5]), tonumber(ARGV[6])
local rules = {
  now = now, keep = keep, renewed = renewed,
  trust_after = tonumber(ARGV[11]), margin = tonumber(ARGV[13]),
}
local mode = tonumber(ARGV[7])
local reset_below, penalty, max_delay = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local max_pending, same_try = tonumber(ARGV[12]), tonumber(ARGV[14])

local NEW, EARLY, PASSED, KNOWN, TRUSTED = 0, 1, 2, 3, 4

local stored = redis.call('HMGET', client, field, 't', 'n')
local pending = tonumber(stored[3] or 0)

local function write_tuple(sign, first, expires, early, last)
  local value = string.format('%d%s%d', first, sign, expires - first)
  if early > 0 then value = value .. string.format('%s%d%s%d', sign, early, sign, last - first) end
  redis.call('HSET', client, field, value)
  live_until(client, expires, rules)
end

local function write_pending(first, early)
  local expires = first + window
  write_tuple('+', first, expires, early, now)
  if redis.call('EXISTS', order) == 1 then
    redis.call('ZADD', order, string.format('%d', first), field)
    live_until(order, expires, rules)
  end
end

local function set_pending(count)
  if count > 0 then
    redis.call('HSET', client, 'n', string.format('%d', count))
  else
    redis.call('HDEL', client, 'n')
  end
end

local function make_order()
  local all = redis.call('HGETALL', client)
  for i = 1, #all, 2 do
    local first, rest = string.match(all[i + 1], '^(%d+)%+(%d+)')
    if first then
      redis.call('ZADD', order, first, all[i])
      live_until(order, first + rest, rules)
    end
  end
end

-- Before the newest goes in: whatever its time is, it is not the one to give way.
local function make_room()
  if pending < max_pending then return end
  if redis.call('EXISTS', order) == 0 then make_order() end
  while pending >= max_pending do
    local oldest = redis.call('ZPOPMIN', order)
    if #oldest == 0 then pending = 0 break end
    pending = pending - redis.call('HDEL', client, oldest[1])
  end
end

local trusted = renew_if_trusted(client, stored[2], rules, ARGV[15] == '1')
if voucher and renew_if_trusted(voucher, redis.call('HGET', voucher, 't'), rules) then trusted = true end
if trusted then return {TRUSTED, 0, 0, 0} end

local passed, first, last, early, expires = false, 0, 0, 0, 0
if stored[1] then
  local begun, sign, life, retries, after = string.match(stored[1], '^(%d+)([+-])(%d+)[+-]?(%d*)[+-]?(%d*)$')
  first, early, passed = tonumber(begun), tonumber(retries) or 0, sign == '-'
  last, expires = first + (tonumber(after) or 0), first + tonumber(life)
end

-- A first sight in the future: the clock was set back. It starts anew.
if not stored[1] or expires <= now or (not passed and first > now) then
  if not stored[1] or passed then
    make_room()
    set_pending(pending + 1)
  end
  write_pending(now, 0)
  return {NEW, 0, delay, 0}
end

if passed then
  if expires < now + keep then write_tuple('-', first, renewed, early, last) end
  return {KNOWN, 0, 0, 0}
end

local function required()
  if mode ~= 2 then return delay end
  return math.min(delay + early * penalty, max_delay)
end

local waited = math.floor((now - first) / 1000)
if waited >= required() then
  set_pending(pending - 1)
  redis.call('ZREM', order, field)
  write_tuple('-', first, renewed, early, last)
  return {PASSED, waited, 0, early}
end

local resets = mode == 1 and waited < reset_below
if (resets or mode == 2) and now - last >= same_try then
  if resets then first = now else window = expires - first end
  if early < 1000000 then early = early + 1 end
  write_pending(first, early)
end
local remaining = math.ceil((first + required() * 1000 - now) / 1000)
return {EARLY, waited, math.max(remaining, 1), early}
