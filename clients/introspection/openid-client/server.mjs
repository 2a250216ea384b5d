import { createServer } from "node:http";
import * as oauth from "openid-client";

const issuer = new URL("https://pharia-access-verifier.pharia-access-system.svc.cluster.local");
const token = process.env.INTROSPECTOR_TOKEN;
// Reads /.well-known/oauth-authorization-server, so the verifier needs INTROSPECTION_ISSUER.
const verifier = await oauth.discovery(issuer, "finance/introspector", token, undefined, { algorithm: "oauth2" });
verifier.timeout = 5;

/** The status for a request, and the facts about its token. */
async function check(request, role) {
  // Node keeps the first of two headers; who sends two tokens is refused.
  const [header, another] = request.headersDistinct.authorization ?? [];
  const bearer = /^Bearer +([^\s,]+)$/i.exec(header ?? "");
  if (!bearer || another) return [401, {}];
  try {
    const facts = await oauth.tokenIntrospection(verifier, bearer[1]);
    if (facts.active !== true) return [401, {}];
    return [(facts.scope ?? "").split(" ").includes(role) ? 200 : 403, facts];
  } catch (error) {
    console.error("introspection failed:", error.code ?? error.name);
    return [503, {}];
  }
}

createServer(async (request, response) => {
  const [status, facts] = await check(request, "studio-user");
  if (status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="reports"');
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(status === 200 ? { name: facts.username } : {}));
}).listen(8080);
