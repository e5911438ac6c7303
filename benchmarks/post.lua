-- For wrk: sends each line of the file WISHES once, "<session> <form>", as a browser would.
local wishes, count = io.lines(os.getenv("WISHES")), 0
local token = os.getenv("TOKEN")

function request()
  local line = wishes()
  if not line then error("no wish is left: the load was too short, or the machine is faster than thought") end
  local session, form = line:match("^(%S+) (.*)$")
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Cookie"] = "sessionid=" .. session .. "; csrftoken=" .. token,
  }, form .. "&csrfmiddlewaretoken=" .. token)
end
