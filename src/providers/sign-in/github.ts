import { githubSignIn } from "../../config/sign-in/presets/github.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const githubGuide: SignInGuide = {
  definition: githubSignIn,
  examples: { clientId: "Ov23liAbCdEfGhIjKlMn" },
  admit: { list: "emails", entry: "*@example.com" },
  explain: ({ redirectUri }) => ({
    about: `People sign in with their GitHub account. GitHub does not do OpenID Connect for people, so this is plain OAuth 2.0 with GitHub's API. Anyone can have an account, so say
with \`admit\` who may come in.`,
    console: "On GitHub",
    steps: [
      "**Settings → Developer settings → OAuth Apps → New OAuth App**; for an organization in the organization's settings, which is better: the app stays when you leave.",
      `**Authorization callback URL**:${pasted(redirectUri)}`,
      "**Generate a new client secret**, and copy it with the *Client ID*. GitHub shows it only once.",
    ],
    notes: [
      `**GitHub can't be asked for a fresh sign-in.** It has no \`prompt=login\` and doesn't say when a person signed in. Where a new sign-in is needed, a new round trip counts: the person
  comes back from GitHub, where they may have been signed in for weeks. If that isn't enough, let those people sign in another way.`,
      "All addresses that GitHub has verified count for `admit`, not only the primary one. `person.email` is the primary one if it is verified.",
      `With \`groups\` set to \`organizations\`, \`admit.groups\` compares organizations (\`acme\`); with \`teams\`, teams too (\`acme/engineers\`). It asks the person for the scope \`read:org\`. An organization that
  restricts OAuth apps is seen only after an owner approves yours.`,
      "People are told apart by GitHub's numeric id. A login can be renamed, and another person can take the old one.",
      "For GitHub Enterprise Server or a `ghe.com` domain, set `baseUrl`.",
    ],
  }),
};
