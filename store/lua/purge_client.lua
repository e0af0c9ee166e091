-- SPDX-License-Identifier: BSD-2-Clause
-- Forgets what is over of a client, a part of a large hash at a time.
--
-- KEYS     as in approach.lua
-- ARGV     1 now, ms   2 how many at most   3 cursor, "0" to begin
-- Returns  {how many; the cursor to go on with; 1 if nothing is left to do}
local client, order = KEYS[1], KEYS[2]
local now, most = tonumber(ARGV[1]), tonumber(ARGV[2])

-- Nothing if it has none, or cannot be read.
local function end_of(name, value)
  if name == 'n' then return nil end
  if name == 't' then return tonumber(string.match(value, '^%d+ (%d+)$') or nil) end
  local first, sign, life = string.match(value, '^(%d+)([+-])(%d+)')
  if first then return first + life, sign == '+' end
end

local part = redis.call('HSCAN', client, ARGV[3], 'COUNT', 1000)
local purged, freed = 0, 0
for i = 1, #part[2], 2 do
  local name = part[2][i]
  local over, pending = end_of(name, part[2][i + 1])
  if purged < most and over and over <= now and redis.call('HDEL', client, name) == 1 then
    purged = purged + 1
    if pending then
      freed = freed + 1
      redis.call('ZREM', order, name)
    end
  end
end
if freed > 0 and redis.call('HINCRBY', client, 'n', -freed) <= 0 then redis.call('HDEL', client, 'n') end
if purged >= most then return {purged, ARGV[3], 0} end
return {purged, part[1], part[1] == '0' and 1 or 0}
