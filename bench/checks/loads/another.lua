-- As in_turn.lua, and with a header that differs each time, as gateways send it that repeat the original request.
local before, after, number = {}, {}, 0

function init(args)
  for token in io.lines(args[1]) do
    local whole = wrk.format("GET", nil, {
      ["Host"] = "verifier", ["Authorization"] = "Bearer " .. token, ["X-Forwarded-Uri"] = "/v1/NUMBER",
    })
    local first, last = whole:find("NUMBER", 1, true)
    before[#before + 1], after[#after + 1] = whole:sub(1, first - 1), whole:sub(last + 1)
  end
end

function request()
  number = number + 1
  local one = number % #before + 1
  return before[one] .. number .. after[one]
end
