-- SPDX-License-Identifier: BSD-2-Clause
-- Whether a notice is due; from here on it has been given: is_new() of
-- core/quota_state.cc.
--
-- KEYS[1]  as in charge.lua
-- ARGV     1 the notice's field   2 now   3 until when it holds   4 how long the key is to live, ms
-- Returns  1 if it is due, else 0
local user, field, now = KEYS[1], ARGV[1], tonumber(ARGV[2])
local before = tonumber(redis.call('HGET', user, field) or nil)
-- Further ahead than this one would be: it comes from a clock set back since.
if before and before > now and before <= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', user, field, ARGV[3])
if redis.call('PTTL', user) < tonumber(ARGV[4]) then redis.call('PEXPIRE', user, ARGV[4]) end
return 1
