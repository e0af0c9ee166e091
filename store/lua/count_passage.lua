-- SPDX-License-Identifier: BSD-2-Clause
-- A message has ended: with_passage() of core/greylist_state.cc for each client.
--
-- KEYS     the clients' hashes, as in approach.lua
-- ARGV     1 now, ms   2 trust-after   3 the end of what is renewed now, ms
--          4 margin for keys that expire, ms
local now, trust_after = tonumber(ARGV[1]), tonumber(ARGV[2])
local renewed, margin = tonumber(ARGV[3]), tonumber(ARGV[4])

for _, client in ipairs(KEYS) do
  local passes, expires = string.match(redis.call('HGET', client, 't') or '', '^(%d+) (%d+)$')
  local before = 0
  if passes and tonumber(expires) > now then before = tonumber(passes) end
  local count = math.max(before, math.min(before + 1, trust_after))
  redis.call('HSET', client, 't', string.format('%d %d', count, renewed))
  local wanted = renewed - now + margin
  if redis.call('PTTL', client) < wanted then
    redis.call('PEXPIRE', client, string.format('%d', wanted))
  end
end
return #KEYS
