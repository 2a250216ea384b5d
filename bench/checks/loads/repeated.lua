-- As another.lua, with 13 headers in all: what a browser sent, and what a gateway adds that repeats it.
local before, after, number = {}, {}, 0

function init(args)
  for token in io.lines(args[1]) do
    local whole = wrk.format("GET", nil, {
      ["Host"] = "verifier", ["Authorization"] = "Bearer " .. token, ["X-Forwarded-Uri"] = "/v1/NUMBER",
      ["X-Forwarded-Method"] = "GET", ["X-Forwarded-Proto"] = "https", ["X-Forwarded-Host"] = "studio.example.com",
      ["X-Forwarded-For"] = "192.0.2.17", ["X-Real-Ip"] = "192.0.2.17",
      ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
      ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
      ["Accept-Language"] = "en-US,en;q=0.5", ["Accept-Encoding"] = "gzip, deflate, br",
      ["Cookie"] = "session=0123456789abcdef0123456789abcdef",
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
