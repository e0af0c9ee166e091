-- SPDX-License-Identifier: BSD-2-Clause
-- Counts what is alive of a client, a part of a large hash at a time.
--
-- KEYS[1]  as in approach.lua
-- ARGV     1 now, ms   2 cursor, "0" to begin
-- Returns  {pending tuples; passed tuples; 1 if there is trust; the next cursor, "0" at the end}
local now = tonumber(ARGV[1])
local part = redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', 1000)
local pending, passed, trust = 0, 0, 0
for i = 1, #part[2], 2 do
  local name, value = part[2][i], part[2][i + 1]
  local first, sign, life = string.match(value, '^(%d+)([+-])(%d+)')
  if name == 't' then
    local expires = tonumber(string.match(value, '^%d+ (%d+)$') or nil)
    if expires and expires > now then trust = 1 end
  elseif first and first + life > now then
    if sign == '+' then pending = pending + 1 else passed = passed + 1 end
  end
end
return {pending, passed, trust, part[1]}
