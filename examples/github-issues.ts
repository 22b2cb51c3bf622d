import { createOAuthServer } from "mcp-gatehouse";
import { githubUpstream } from "mcp-gatehouse/upstreams";

/**
 * A tool that reads its caller's issues at GitHub. The person connects GitHub by the link that the tool answers with, or on
 * http://localhost:3000/account. Register http://localhost:3000/oauth/callback/github/connect as the app's callback URL.
 */
const { GITHUB_CLIENT_ID = "", GITHUB_CLIENT_SECRET = "" } = process.env;

const server = createOAuthServer(
  "issues",
  (username, password) => (username === "ada" && password === "lovelace" ? "ada" : null),
  {
    upstreams: {
      github: githubUpstream({
        clientId: GITHUB_CLIENT_ID,
        clientSecret: GITHUB_CLIENT_SECRET,
        scopes: ["repo"],
      }),
    },
  },
);

server.registerTool(
  "my_issues",
  { description: "Lists the issues that are assigned to you at GitHub." },
  async ({ upstream }) => {
    const ask = (token: string) =>
      fetch("https://api.github.com/issues", { headers: { Authorization: `Bearer ${token}` } });
    const token = await upstream("github").accessToken();
    let answer = await ask(token);
    // Withdrawn at GitHub: the client gets a link to connect again.
    if (answer.status === 401) answer = await ask(await upstream("github").accessToken({ refused: token }));
    return { content: [{ type: "text", text: await answer.text() }] };
  },
);

await server.listen();
