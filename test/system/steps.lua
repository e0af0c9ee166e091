-- SPDX-License-Identifier: BSD-2-Clause
-- Runs `script` with what the scripts share. `socket` is where the daemon listens,
-- `clock` the file that moves its clock.

function expect(condition, what)
  if not condition then error(what, 2) end
end

-- For calls that return nil, or what went wrong.
function did(problem)
  if problem ~= nil then error(problem, 2) end
end

function open()
  local conn = mt.connect(socket)
  expect(conn ~= nil, "cannot connect to " .. socket)
  return conn
end

-- A session up to HELO.
function greet(ip)
  local conn = open()
  did(mt.conninfo(conn, "client.example.org", ip))
  did(mt.helo(conn, "client.example.org"))
  return conn
end

function mail(conn, sender)
  did(mt.mailfrom(conn, sender))
  expect(mt.getreply(conn) == SMFIR_CONTINUE, "MAIL " .. sender .. " is refused")
end

-- Sends RCPT and checks the kind of the answer.
function rcpt(conn, recipient, reply)
  did(mt.rcptto(conn, recipient))
  expect(mt.getreply(conn) == reply,
         "RCPT " .. recipient .. " is answered with " .. string.char(mt.getreply(conn)))
end

function advance(seconds)
  local file = assert(io.open(clock, "w"))
  file:write(seconds, "\n")
  file:close()
end

local fine, why = pcall(dofile, script)
if not fine then
  -- Of an error, miltertest itself shows nothing but its exit status.
  mt.echo(why)
  error(why)
end
