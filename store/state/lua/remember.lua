-- SPDX-License-Identifier: BSD-2-Clause
-- Remembers something for a while unless it is known already: is_absent() of core/memo.h.
--
-- KEYS[1]  hash: u, until when it is known; v, the value
-- ARGV     1 until when   2 the value   3 what ends no later than this is over
--          4 nor does what ends later than this count   5 how long the key is to live, ms
-- Returns  1 if it was remembered, else 0
local memo, until_when = KEYS[1], ARGV[1]
local there = tonumber(redis.call('HGET', memo, 'u') or nil)
if there and there > tonumber(ARGV[3]) and there <= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', memo, 'u', until_when, 'v', ARGV[2])
redis.call('PEXPIRE', memo, ARGV[5])
return 1
