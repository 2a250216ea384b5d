-- Asks with 10,000 tokens in turn: their file is the script's first argument, the header before each the second.
local requests, number = {}, 0

function init(args)
  local header, scheme = (args[2] or "Authorization: Bearer "):match("^([^:]+): (.*)$")
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, {["Host"] = "verifier", [header] = scheme .. token})
  end
end

function request()
  number = number % #requests + 1
  return requests[number]
end
