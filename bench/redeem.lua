-- The till's traffic for wrk: every request its own key, every thread its own share of the codes.
-- Arguments: file of "token<TAB>code" lines, redemptions per request, name of the run, threads.

local threads = {}
local count = 0

function setup(thread)
  thread:set("number", count)
  count = count + 1
  table.insert(threads, thread)
end

function init(args)
  lines_each, run_name, place, sent, refused = tonumber(args[2]), args[3], 0, 0, 0
  pairs_own = {}
  local n, of = 0, tonumber(args[4])
  for line in io.lines(args[1]) do
    if n % of == number then
      local token, code = line:match("([^\t]+)\t([^\t]+)")
      table.insert(pairs_own, { "Bearer " .. token, '{"code":"' .. code
        .. '","service_code":"fee","price_fen":1' })
    end
    n = n + 1
  end
end

local function following()
  place = place % #pairs_own + 1
  return pairs_own[place]
end

local function asked(token, key, path, body)
  return wrk.format("POST", path, {
    ["Authorization"] = token,
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = key,
  }, body)
end

function request()
  sent = sent + 1
  local key = run_name .. "-" .. number .. "-" .. sent
  if lines_each == 1 then
    local pair = following()
    return asked(pair[1], key, "/api/v1/voucher/redemptions", pair[2] .. "}")
  end
  local token, lines = nil, {}
  for n = 1, lines_each do
    local pair = following()
    token = pair[1]
    lines[n] = pair[2] .. ',"key":"' .. key .. "-" .. n .. '"}'
  end
  return asked(token, key, "/api/v1/voucher/redemptions/batch",
    '{"lines":[' .. table.concat(lines, ",") .. "]}")
end

function response(status, headers, body)
  if status ~= 200 then
    refused = refused + 1
  elseif lines_each > 1 and not body:find('"refused":%s*0[,}]') then
    refused = refused + 1
  end
end

function done(summary, latency, requests)
  local no = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  for _, thread in ipairs(threads) do
    no = no + thread:get("refused")
  end
  print(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, no))
end
