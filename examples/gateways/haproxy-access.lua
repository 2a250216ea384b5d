-- Asks the verifier about each request: `http-request lua.pharia_access PATH`, with the requirement as PATH's query.
-- Where the verifier says 200, the variables txn.access_subject, access_credential, access_token_id, access_roles and
-- access_expires say whose request it is. Anything else goes back to the client, and the request no further.

-- The section of haproxy.cfg that leads to the verifier. Its timeouts are shorter than this one.
local VERIFIER = "abns@pharia-access"
local TIMEOUT_MS = 10000
local REFUSALS = {[400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden",
                  [431] = "Request Header Fields Too Large"}
-- Of the client's headers the verifier needs those alone that may hold a token.
local TOKENS = {"authorization"}
local IDENTITY = {"subject", "credential", "token_id", "roles", "expires"}

-- The values of a header in their order. HAProxy counts those of a request from 0, and those of an answer from 1.
local function list(values)
    local found = {}
    for number = 0, values and #values or -1 do
        if values[number] then
            table.insert(found, values[number])
        end
    end
    return found
end

local function answer(txn, status, reason, name, values)
    local reply = txn:reply{status = status, reason = reason}
    reply:add_header("Content-Length", "0")
    for _, value in ipairs(values) do
        reply:add_header(name, value)
    end
    txn:done(reply)
end

-- HAProxy passes NUL and the like on in a header's value, and services differ in what they make of it.
local function has_control_characters(headers)
    for _, values in pairs(headers) do
        for _, value in pairs(values) do
            if value:find("[\0-\8\10-\31\127]") then
                return true
            end
        end
    end
    return false
end

core.register_action("pharia_access", {"http-req"}, function(txn, path)
    local headers = txn.http:req_get_headers()
    if has_control_characters(headers) then
        answer(txn, 400, "Bad Request", "", {})
    end
    -- All lines of each, since two tokens are refused.
    local tokens = {}
    for _, name in ipairs(TOKENS) do
        tokens[name] = list(headers[name])
    end
    local client = core.httpclient()
    local asked, said = pcall(client.get, client,
                              {url = "http://pharia-access" .. path, dst = VERIFIER,
                               headers = tokens, timeout = TIMEOUT_MS})
    local status = asked and said and said.status
    if REFUSALS[status] then
        answer(txn, status, REFUSALS[status], "WWW-Authenticate", list(said.headers["www-authenticate"]))
    end
    for _, name in ipairs(IDENTITY) do
        local value = status == 200 and list(said.headers["x-auth-" .. name:gsub("_", "-")])[1]
        if not value then
            -- The verifier cannot tell or be reached, or this is no verifier: nobody passes.
            answer(txn, 503, "Service Unavailable", "Retry-After", {"1"})
        end
        txn:set_var("txn.access_" .. name, value)
    end
end, 1)
