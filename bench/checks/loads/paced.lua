-- As in_turn.lua, each connection waiting up to 16 ms, a random while, before it asks again.
local requests, number = {}, 0

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, {["Host"] = "verifier", ["Authorization"] = "Bearer " .. token})
  end
end

function delay() return math.random(0, 16) end

function request()
  number = number % #requests + 1
  return requests[number]
end
