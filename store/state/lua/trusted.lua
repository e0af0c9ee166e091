-- SPDX-License-Identifier: BSD-2-Clause
-- Whether a client is trusted, which is renewed. Behind trust.lua.
--
-- KEYS[1]  the client's hash, as in approach.lua
-- ARGV     1 now, ms   2 trust-after, 1 at least   3 keep, ms
--          4 the end of what is renewed now, ms   5 margin for keys that expire, ms
-- Returns  1 if it is, else 0
local rules = {
  now = tonumber(ARGV[1]), trust_after = tonumber(ARGV[2]), keep = tonumber(ARGV[3]),
  renewed = tonumber(ARGV[4]), margin = tonumber(ARGV[5]),
}
return renew_if_trusted(KEYS[1], redis.call('HGET', KEYS[1], 't'), rules) and 1 or 0
