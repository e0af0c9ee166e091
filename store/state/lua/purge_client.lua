-- SPDX-License-Identifier: BSD-2-Clause
-- Forgets what is over of a client, and pending tuples that give way, a part of a
-- large hash at a time.
--
-- KEYS     as in approach.lua
-- ARGV     1 now, ms   2 how many at most   3 cursor, "0" to begin
--          4 pending tuples that were first seen before this give way, ms
-- Returns  {how many; the cursor to go on with; 1 if nothing is left to do;
--          tuples of this part that stay; when the pending ones among them were
--          first seen, a minute since 1970 each}
local client, order = KEYS[1], KEYS[2]
local now, most, give_way = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])

local part = redis.call('HSCAN', client, ARGV[3], 'COUNT', 1000)
local purged, freed, tuples, waiting = 0, 0, 0, {}

local function remove(name, pending)
  if purged >= most or redis.call('HDEL', client, name) == 0 then return false end
  purged = purged + 1
  if pending then
    freed = freed + 1
    redis.call('ZREM', order, name)
  end
  return true
end

for i = 1, #part[2], 2 do
  local name, value = part[2][i], part[2][i + 1]
  local first, sign, life = string.match(value, '^(%d+)([+-])(%d+)')
  if name == 't' then
    local expires = tonumber(string.match(value, '^%d+ (%d+)$') or nil)
    if expires and expires <= now then remove(name, false) end
  elseif first and name ~= 'n' then
    local pending = sign == '+'
    first = tonumber(first)
    if not ((first + life <= now or (pending and first < give_way)) and remove(name, pending)) then
      tuples = tuples + 1
      if pending then waiting[#waiting + 1] = math.floor(first / 60000) end
    end
  end
end
if freed > 0 and redis.call('HINCRBY', client, 'n', -freed) <= 0 then redis.call('HDEL', client, 'n') end
if purged >= most then return {purged, ARGV[3], 0, 0, {}} end
return {purged, part[1], part[1] == '0' and 1 or 0, tuples, waiting}
