-- What shipway is answered by nginx, on 127.0.0.1 and against a token; what it has counted is for everybody there.
local M = package.loaded["shipway"]
local concat = table.concat
local states, inflight, counts = ngx.shared.shipway_states, ngx.shared.shipway_inflight, ngx.shared.shipway_counts
-- Series of one target that are kept; the oldest goes first.
local KEPT = 20

local function lines_of(text)
  local lines = {}
  for line in (text or ""):gmatch("[^\n]+") do lines[#lines + 1] = line end
  return lines
end

local function forget(series)
  for _, what in ipairs { "seconds", "errors", "aborted" } do counts:delete(series .. "|" .. what) end
  for i = 1, #M.BOUNDS + 1 do counts:delete(series .. "|" .. i) end
end

-- Counters begin at 0: what is not there yet would look like what was never scraped.
function M.declare(key, target)
  local known = lines_of(states:get("series|" .. key))
  for _, name in ipairs { "blue", "green" } do
    local slot = target.slots[name]
    if slot then
      local series = key .. "|" .. name .. "|" .. slot.release
      for _, what in ipairs { "1", "errors", "aborted" } do counts:safe_add(series .. "|" .. what, 0) end
      for i = #known, 1, -1 do
        if known[i] == series then table.remove(known, i) end
      end
      known[#known + 1] = series
    end
  end
  while #known > KEPT do forget(table.remove(known, 1)) end
  states:safe_set("series|" .. key, concat(known, "\n"))
end

-- A worker that has crashed has nothing in flight any more.
local function command_of(process)
  local file = io.open("/proc/" .. process .. "/cmdline", "r")
  if not file then return nil end
  local command = file:read("*a")
  file:close()
  return command
end
local function lives(pid)
  local command = command_of(pid)
  if command then return command:find("nginx", 1, true) ~= nil end
  return command_of("self") == nil
end

-- Requests in flight by member, a line each.
local function flying(key)
  local sums, prefix = {}, key .. "|"
  for _, at in ipairs(inflight:get_keys(0)) do
    if at:sub(1, #prefix) == prefix then
      local member, pid = at:sub(#prefix + 1):match("^(.*)|(%d+)$")
      local n = inflight:get(at) or 0
      if not lives(pid) then
        inflight:delete(at)
      elseif n > 0 then
        sums[member] = (sums[member] or 0) + n
      end
    end
  end
  local found = {}
  for member, n in pairs(sums) do found[#found + 1] = member .. " " .. n end
  return concat(found, "\n")
end

local function series_of(keys)
  local all = {}
  for _, key in ipairs(keys) do
    M.text_of(key)
    for _, series in ipairs(lines_of(states:get("series|" .. key))) do
      local service, environment, slot, release = series:match("^([^/]*)/([^|]*)|([^|]*)|(.*)$")
      local labels = ('service="%s",environment="%s",release="%s",slot="%s"'):format(service, environment, release, slot)
      all[#all + 1] = { of = series, labels = labels }
    end
  end
  return all
end

local SECONDS = "shipway_nginx_request_seconds"
local COUNTERS = {
  { "errors", "shipway_nginx_errors_total", "Requests that failed for the user" },
  { "aborted", "shipway_nginx_aborted_total", "Requests whose user left before the answer was complete" },
}

-- As Prometheus reads it.
local function metrics(keys)
  local out, all = {}, series_of(keys)
  local function count(series, what) return counts:get(series.of .. "|" .. what) or 0 end
  local function say(name, labels, value) out[#out + 1] = name .. "{" .. labels .. "} " .. value end
  local function head(name, kind, help)
    out[#out + 1] = "# HELP " .. name .. " " .. help .. "\n# TYPE " .. name .. " " .. kind
  end
  head(SECONDS, "histogram", "Requests by time from the first byte of the request to the last of the answer")
  for _, series in ipairs(all) do
    local sum = 0
    for i = 1, #M.BOUNDS + 1 do
      sum = sum + count(series, i)
      say(SECONDS .. "_bucket", series.labels .. ',le="' .. (M.BOUNDS[i] or "+Inf") .. '"', sum)
    end
    say(SECONDS .. "_sum", series.labels, count(series, "seconds"))
    say(SECONDS .. "_count", series.labels, sum)
  end
  for _, counter in ipairs(COUNTERS) do
    head(counter[2], "counter", counter[3])
    for _, series in ipairs(all) do say(counter[2], series.labels, count(series, counter[1])) end
  end
  return concat(out, "\n") .. "\n"
end

local function put(key)
  ngx.req.read_body()
  local text = ngx.req.get_body_data() or ""
  local done, why = states:safe_set(key, text)
  if not done then return 507, why end
  M.declare(key, M.parse(text))
  return 204
end

local function delete(key)
  for _, series in ipairs(lines_of(states:get("series|" .. key))) do forget(series) end
  states:delete("series|" .. key)
  states:delete(key)
  return 204
end

-- Whether there is a place for it, what is true at run time, and what a new start would begin with.
local function get(key, keys)
  local place = "no"
  for _, known in ipairs(keys) do
    if known == key then place = "yes" end
  end
  return 200, "place " .. place .. "\nnow " .. M.text_of(key) .. "\nkept " .. (M.kept(key) or "unread")
end

local HANDLERS = { GET = get, PUT = put, DELETE = delete }

local function answer(keys)
  local method, path = ngx.req.get_method(), ngx.var.uri
  if path == "/" then return 200 end
  local busy = path:match("^/inflight/(.+)$")
  if busy then return 200, flying(busy) end
  local key = path:match("^/targets/(.+)$")
  if not key or not HANDLERS[method] then return 404 end
  return HANDLERS[method](key, keys)
end

-- `revision`: of the configuration that this worker was started with; `keys`: the targets that it has a place for.
function M.admin(revision, token, keys)
  ngx.header["Content-Type"] = "text/plain"
  if ngx.var.uri == "/metrics" then return ngx.print(metrics(keys)) end
  if ngx.var.http_authorization ~= "Bearer " .. token then return ngx.exit(401) end
  ngx.header["X-Shipway-Revision"] = revision
  local status, text = answer(keys)
  ngx.status = status
  if text and text ~= "" then ngx.print(text) end
  return ngx.exit(status)
end
