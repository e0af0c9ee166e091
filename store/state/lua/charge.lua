-- SPDX-License-Identifier: BSD-2-Clause
-- Charges a message to a user if the quota permits it: the decision of
-- quota_charge() in core/quota_state.cc. What it answers beyond that, the
-- caller works out of the state as it was.
--
-- KEYS[1]  the user's hash; its fields:
--            WINDOW:BEGIN  a part of a window: "RECIPIENTS MESSAGES EXPIRES"
--            s             when the first message was charged since a reset
--            l             when the last message was charged
--            x, u          no notice of an excess, of a foreign sender before
-- ARGV     1 now   2 recipients; 0: nothing is charged   3 1: count what is refused
--          4 min-interval, ms   5 how long the key is to live, ms
--          6 number of limits, then for each: window, s; "r" or "m" for its unit;
--            limit; limit and margin; how many more; begin of the day if the window is 0
--          then for each window: the field to add to; when it expires
-- Returns  the hash as it was
-- Times are ms since 1970 by the caller's clock.
local user, now = KEYS[1], tonumber(ARGV[1])
local recipients, count_refused = tonumber(ARGV[2]), ARGV[3] == '1'
local before = redis.call('HGETALL', user)

local parts, over, last, since = {}, {}, nil, nil
for i = 1, #before, 2 do
  local name, value = before[i], before[i + 1]
  local window, begin = string.match(name, '^(%d+):(%d+)$')
  if window then
    local r, m, expires = string.match(value, '^(%-?%d+) (%-?%d+) (%d+)$')
    local part = {window = tonumber(window), begin = tonumber(begin), expires = tonumber(expires)}
    part.r, part.m = tonumber(r), tonumber(m)
    parts[name] = part
    if part.expires <= now then over[#over + 1] = name end
  elseif name == 'l' then
    last = tonumber(value)
  elseif name == 's' then
    since = value
  end
end

-- What begins further ahead than its window is long was written by a clock
-- that has been set back since.
local function counts(part, window, day)
  if part.window ~= window then return false end
  if window == 0 then return part.begin == day end
  return part.expires > now and part.begin <= now + window * 1000
end

local place = 7
local function take()
  place = place + 1
  return ARGV[place - 1]
end

local within = true
for _ = 1, tonumber(ARGV[6]) do
  local window, unit = tonumber(take()), take()
  local limit, with_margin, more = tonumber(take()), tonumber(take()), tonumber(take())
  local day = tonumber(take())
  local used = 0
  for _, part in pairs(parts) do
    if counts(part, window, day) then used = used + part[unit] end
  end
  used = math.max(used, 0)
  if used >= limit or used + more > with_margin then within = false end
end
local min_interval = tonumber(ARGV[4])
local too_soon = last and last <= now and now < last + min_interval

if recipients > 0 and ((within and not too_soon) or count_refused) then
  for _, name in ipairs(over) do
    redis.call('HDEL', user, name)
    parts[name] = nil
  end
  while place <= #ARGV do
    local name, expires = take(), take()
    local old = parts[name] or {r = 0, m = 0, expires = tonumber(expires)}
    redis.call('HSET', user, name,
      string.format('%d %d %d', old.r + recipients, old.m + 1, old.expires))
  end
  if not since then redis.call('HSET', user, 's', ARGV[1]) end
  redis.call('HSET', user, 'l', ARGV[1])
  if redis.call('PTTL', user) < tonumber(ARGV[5]) then redis.call('PEXPIRE', user, ARGV[5]) end
end
return before
