-- SPDX-License-Identifier: BSD-2-Clause
-- Whether a client is trusted, which is renewed.
--
-- KEYS[1]  the client's hash, as in approach.lua
-- ARGV     1 now, ms   2 trust-after, 1 at least   3 keep, ms
--          4 the end of what is renewed now, ms   5 margin for keys that expire, ms
-- Returns  1 if it is, else 0
local client, now = KEYS[1], tonumber(ARGV[1])
local trust_after, keep = tonumber(ARGV[2]), tonumber(ARGV[3])
local renewed, margin = tonumber(ARGV[4]), tonumber(ARGV[5])

local passes, expires = string.match(redis.call('HGET', client, 't') or '', '^(%d+) (%d+)$')
if not passes or tonumber(expires) <= now or tonumber(passes) < trust_after then return 0 end
if tonumber(expires) < now + keep then
  redis.call('HSET', client, 't', string.format('%d %d', tonumber(passes), renewed))
  local wanted = renewed - now + margin
  if redis.call('PTTL', client) < wanted then
    redis.call('PEXPIRE', client, string.format('%d', wanted))
  end
end
return 1
