-- What shipway does inside nginx. Who goes where is one text for each target, in shared memory: all workers, those that a reload has sent
-- away too, see a change at once, and no reload takes it back. See docs/nginx.md; written into its folder by shipway.
local bit = require "bit"
local balancer = require "ngx.balancer"
local band, bor, bxor, lshift, rshift, rol, tobit = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift, bit.rol, bit.tobit
local byte, concat = string.byte, table.concat

local M = { folder = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") }
package.loaded["shipway"] = M

local FULL = 10000
local OWN_COOKIE = "shipway_id"
local BOUNDS = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10 }
-- A connection that a request becomes may be silent for so long.
local UPGRADED_S = 3600
local states, inflight, counts = ngx.shared.shipway_states, ngx.shared.shipway_inflight, ngx.shared.shipway_counts

-- The bucket of a user: XXH32 with seed 0, as in domain/buckets.
local P1, P2, P3, P4, P5 = 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1

-- In halves: a double holds no product of two 32 bit numbers.
local function mul(a, b)
  return tobit(band(a, 0xffff) * b + lshift(tobit(rshift(a, 16) * b), 16))
end

local function word(s, at)
  local a, b, c, d = byte(s, at, at + 3)
  return bor(a, lshift(b, 8), lshift(c, 16), lshift(d, 24))
end

local function round(acc, lane)
  return mul(rol(tobit(acc + mul(lane, P2)), 13), P1)
end

local function xxh32(s)
  local n, at, h = #s, 1, P5
  if n >= 16 then
    local a, b, c, d = tobit(P1 + P2), tobit(P2), 0, tobit(-P1)
    while at + 15 <= n do
      a, b = round(a, word(s, at)), round(b, word(s, at + 4))
      c, d = round(c, word(s, at + 8)), round(d, word(s, at + 12))
      at = at + 16
    end
    h = tobit(rol(a, 1) + rol(b, 7) + rol(c, 12) + rol(d, 18))
  end
  h = tobit(h + n)
  while at + 3 <= n do
    h = mul(rol(tobit(h + mul(word(s, at), P3)), 17), P4)
    at = at + 4
  end
  while at <= n do
    h = mul(rol(tobit(h + mul(byte(s, at), P5)), 11), P1)
    at = at + 1
  end
  h = mul(bxor(h, rshift(h, 15)), P2)
  h = mul(bxor(h, rshift(h, 13)), P3)
  return bxor(h, rshift(h, 16)) % 2 ^ 32
end

local function bucket(salt, key)
  return xxh32(salt .. ":" .. key) % FULL
end

-- What the folder says of a target: what a new start begins with.
local function kept(key)
  local file = io.open(M.folder .. "/shipway.targets", "r")
  if not file then return nil end
  local all = file:read("*a")
  file:close()
  if not all then return nil end
  for line in all:gmatch("[^\n]+") do
    if line:sub(1, #key + 1) == key .. " " then return line:sub(#key + 2) end
  end
  return ""
end

local function text_of(key)
  local text = states:get(key)
  if text then return text end
  -- Of two who do so at once, or beside a change, the first to add it is right.
  local read = kept(key)
  if not read then return "" end
  if states:safe_add(key, read) then M.declare(key, M.parse(read)) end
  return states:get(key) or read
end

-- `split=CANDIDATE|SHARE|OTHER|SALT SLOT=RELEASE|HOST:PORT,… key=header|NAME key=cookie|NAME`
function M.parse(text)
  local target = { text = text, slots = {}, keys = {} }
  for name, value in text:gmatch("(%w+)=(%S+)") do
    if name == "split" then
      local candidate, share, other, salt = value:match("^(%w+)|(%d+)|(%w+)|(.+)$")
      target.candidate, target.share, target.other, target.salt = candidate, tonumber(share), other, salt
    elseif name == "key" then
      local kind, key = value:match("^(%w+)|(.+)$")
      target.keys[#target.keys + 1] = { kind = kind, name = key }
    else
      local release, list = value:match("^([^|]*)|(.*)$")
      local members = {}
      for host, port in list:gmatch("([^,]+):(%d+)") do
        local bare = host:gsub("[%[%]]", "")
        members[#members + 1] = { host = host, port = tonumber(port), name = name .. "|" .. release .. "-" .. bare .. ":" .. port }
      end
      target.slots[name] = { release = release, members = members }
    end
  end
  return target
end

local parsed = {}
local function target_of(key)
  local text = text_of(key)
  local known = parsed[key]
  if known and known.text == text then return known end
  known = M.parse(text)
  parsed[key] = known
  return known
end

-- By patterns that take a time proportional to the text: whoever asks writes it, and one worker process serves many.
local function trimmed(s)
  local from = s:find("%S")
  return from and s:match("^.*%S", from) or ""
end

-- All values of a header, in their order.
local function values_of(headers, name)
  local values = rawget(headers, name:lower())
  if type(values) ~= "table" then return { values } end
  return values
end

-- Where a cookie's value ends that begins there: before the next `;` or `,` that is not in quotes, as HAProxy reads it by RFC 2965.
local function end_of(line, at)
  local quoted = false
  while true do
    local found = line:find(quoted and '["\\]' or '[",;]', at)
    if not found then return #line + 1 end
    local what = line:sub(found, found)
    if what == ";" or what == "," then return found end
    if what == '"' then quoted = not quoted end
    at = found + (what == "\\" and 2 or 1)
  end
end

-- The last one of that name.
local function cookie_of(lines, name)
  local found
  for _, line in ipairs(lines) do
    local at = 1
    while at <= #line do
      local ends = line:find("[=;,]", at) or #line + 1
      if line:sub(ends, ends) == "=" then
        local equals = ends
        ends = end_of(line, equals + 1)
        if trimmed(line:sub(at, equals - 1)) == name then found = trimmed(line:sub(equals + 1, ends - 1)) end
      end
      at = ends + 1
    end
  end
  return found
end

-- The first key that the request carries, else the id that it was given before, else a new one, to be given to it.
local function user_of(target)
  local headers = ngx.req.get_headers(0)
  local cookies = values_of(headers, "cookie")
  for _, key in ipairs(target.keys) do
    local value
    if key.kind == "cookie" then
      value = cookie_of(cookies, key.name)
    else
      -- Of what comes twice the last counts, which is that of whoever is nearest.
      local values = values_of(headers, key.name)
      value = values[#values] and trimmed(values[#values])
    end
    if value and value ~= "" then return value end
  end
  local own = cookie_of(cookies, OWN_COOKIE)
  if own and #own >= 22 and #own <= 36 and own:find("^[%w_-]+$") then return own end
  local fresh = ngx.var.request_id
  return fresh, fresh
end

local function slot_of(target, user)
  if target.share == 0 then return target.other end
  if target.share == FULL or bucket(target.salt, user) < target.share then return target.candidate end
  return target.other
end

local function unserved()
  ngx.status = 503
  ngx.header["Content-Type"] = "text/plain"
  ngx.say("no release is served here")
  return ngx.exit(503)
end

-- Before a request's body is read.
function M.route(key)
  local target, ctx = target_of(key), ngx.ctx
  if not target.candidate then return unserved() end
  ctx.shipway, ctx.user, ctx.fresh = key, user_of(target)
  local slot = target.slots[slot_of(target, ctx.user)]
  if not slot or #slot.members == 0 then return unserved() end
end

local function leave(ctx)
  if ctx.at then inflight:incr(ctx.at, -1) end
  ctx.at = nil
end

local function enter(ctx, key, member)
  leave(ctx)
  ctx.at = key .. "|" .. member.name .. "|" .. ngx.worker.pid()
  inflight:incr(ctx.at, 1, 0)
end

local turns = {}
local function next_of(key, name, members)
  local of = key .. "|" .. name
  local turn = turns[of] or 0
  turns[of] = turn + 1
  return members[turn % #members + 1]
end

-- When a member is to be connected, by what is true then. It is counted before it is looked whether that is still true, so that whoever
-- has changed it and then counts what is in flight has either counted this or it goes by the change.
function M.balance()
  local ctx = ngx.ctx
  local key = ctx.shipway
  if not ctx.tried then balancer.set_more_tries(1) end
  ctx.tried = true
  if ngx.var.http_upgrade then balancer.set_timeouts(nil, UPGRADED_S, UPGRADED_S) end
  while true do
    local target = target_of(key)
    local name = target.candidate and slot_of(target, ctx.user)
    local slot = name and target.slots[name]
    if not slot or #slot.members == 0 then return ngx.exit(ngx.ERROR) end
    local member = next_of(key, name, slot.members)
    enter(ctx, key, member)
    if text_of(key) == target.text then
      ctx.series = key .. "|" .. name .. "|" .. slot.release
      return balancer.set_current_peer(member.host, member.port)
    end
  end
end

-- Only while somebody has to be told from somebody: a cookie on every answer would spoil caches.
function M.answered()
  local ctx = ngx.ctx
  local share = ctx.fresh and target_of(ctx.shipway).share
  if not share or share == 0 or share == FULL then return end
  local secure = ngx.var.http_x_forwarded_proto == "https" and "; Secure" or ""
  local own = OWN_COOKIE .. "=" .. ctx.fresh .. "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax" .. secure
  local cookies = ngx.header["Set-Cookie"] or {}
  if type(cookies) == "string" then cookies = { cookies } end
  cookies[#cookies + 1] = own
  ngx.header["Set-Cookie"] = cookies
end

-- Each piece of an answer's body.
function M.passed()
  if ngx.arg[2] then ngx.ctx.whole = true end
end

local BODILESS = { [204] = true, [304] = true }
-- The member broke it off while its user was still there: its status was sent before.
local function broken(ctx, status)
  if ctx.whole or BODILESS[status] or ngx.req.get_method() == "HEAD" then return false end
  return ngx.var.request_completion == "OK"
end

-- How a request ended for its user. One that became a connection is none: it lasts for as long as its user likes.
function M.ended()
  local ctx = ngx.ctx
  leave(ctx)
  local series, status = ctx.series, ngx.status
  if not series or status == 101 then return end
  local took = tonumber(ngx.var.request_time) or 0
  local at = #BOUNDS + 1
  for i = #BOUNDS, 1, -1 do
    if took <= BOUNDS[i] then at = i end
  end
  counts:incr(series .. "|" .. at, 1, 0)
  counts:incr(series .. "|seconds", took, 0)
  if status >= 500 or broken(ctx, status) then
    counts:incr(series .. "|errors", 1, 0)
  elseif ngx.var.request_completion ~= "OK" then
    counts:incr(series .. "|aborted", 1, 0)
  end
end

M.BOUNDS, M.kept, M.text_of = BOUNDS, kept, text_of
dofile(M.folder .. "/shipway-admin.lua")
return M
