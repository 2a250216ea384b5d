-- Asks with each token of a file once, its first argument, and stops: no token has been seen before.
local requests, number = {}, 0

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, {["Host"] = "verifier", ["Authorization"] = "Bearer " .. token})
  end
end

function request()
  number = number + 1
  return requests[number] or requests[#requests]
end

function response()
  if number >= #requests then wrk.thread:stop() end
end
