import { createServer } from "node:http";
import { Issuer, custom } from "openid-client";

const issuer = "https://pharia-access-verifier.pharia-access-system.svc.cluster.local";
custom.setHttpOptionsDefaults({ timeout: 5000 });
const verifier = new (new Issuer({ issuer, introspection_endpoint: `${issuer}/oauth2/introspect` }).Client)({
  client_id: "finance/introspector",
  client_secret: process.env.INTROSPECTOR_TOKEN,
});

/** The status for a request, and the facts about its token. */
async function check(request, role) {
  // Node keeps the first of two headers; who sends two tokens is refused.
  const [header, another] = request.headersDistinct.authorization ?? [];
  const bearer = /^Bearer +([^\s,]+)$/i.exec(header ?? "");
  if (!bearer || another) return [401, {}];
  try {
    const facts = await verifier.introspect(bearer[1]);
    if (facts.active !== true) return [401, {}];
    return [(facts.scope ?? "").split(" ").includes(role) ? 200 : 403, facts];
  } catch (error) {
    console.error("introspection failed:", error.name);
    return [503, {}];
  }
}

createServer(async (request, response) => {
  const [status, facts] = await check(request, "studio-user");
  if (status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="reports"');
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(status === 200 ? { name: facts.username } : {}));
}).listen(8080);
