-- SPDX-License-Identifier: BSD-2-Clause
-- A message has ended: with_passage() of core/greylist_state.cc for each client. Behind
-- trust.lua.
--
-- KEYS     the clients' hashes, as in approach.lua
-- ARGV     1 now, ms   2 trust-after   3 the end of what is renewed now, ms
--          4 margin for keys that expire, ms
local rules = {
  now = tonumber(ARGV[1]), trust_after = tonumber(ARGV[2]),
  renewed = tonumber(ARGV[3]), margin = tonumber(ARGV[4]),
}

for _, client in ipairs(KEYS) do
  local before = read_trust(redis.call('HGET', client, 't'), rules)
  write_trust(client, math.max(before, math.min(before + 1, rules.trust_after)), rules)
end
return #KEYS
