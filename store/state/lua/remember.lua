-- SPDX-License-Identifier: BSD-2-Clause
-- Remembers something for a while, if it takes_place() of what is known: see core/memo.h. Behind
-- is_new.lua.
--
-- KEYS[1]  hash: u, until when it is known; v, the value
-- ARGV     1 until when   2 the value   3 what ends no later than this is over
--          4 nor does what ends later than this count   5 how long the key is to live, ms
-- Returns  1 if it was remembered, else 0
local memo = KEYS[1]
if not is_new(memo, 'u', ARGV[3], ARGV[4]) then return 0 end
redis.call('HSET', memo, 'u', ARGV[1], 'v', ARGV[2])
redis.call('PEXPIRE', memo, ARGV[5])
return 1
