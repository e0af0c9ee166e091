-- SPDX-License-Identifier: BSD-2-Clause
-- Whether a notice is due; from here on it has been given. Behind is_new.lua.
--
-- KEYS[1]  as in charge.lua
-- ARGV     1 the notice's field   2 until when it stands   3 one that stands no longer
--          than this does not count   4 nor one that stands longer than this
--          5 how long the key is to live, ms
-- Returns  1 if it is due, else 0
local user, field = KEYS[1], ARGV[1]
if not is_new(user, field, ARGV[3], ARGV[4]) then return 0 end
redis.call('HSET', user, field, ARGV[2])
if redis.call('PTTL', user) < tonumber(ARGV[5]) then redis.call('PEXPIRE', user, ARGV[5]) end
return 1
