import { scalekitSignIn } from "../../config/sign-in/presets/scalekit.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const scalekitGuide: SignInGuide = {
  definition: scalekitSignIn,
  examples: { environmentUrl: "https://acme.scalekit.com", clientId: "skc_123456789" },
  admit: { list: "emails", entry: "*@example.com" },
  explain: ({ redirectUri }) => ({
    about:
      "People sign in through Scalekit with the single sign-on of their organization, or however your environment lets them.",
    console: "In the Scalekit dashboard",
    steps: [
      "**Settings → API Credentials** (or **Developers**): copy the *Environment URL*, the *Client ID* and a *Client Secret*.",
      `**Redirects** (or **Redirect URLs**): add${pasted(redirectUri)}`,
      "**Organizations**: set up the connection of each organization that signs in.",
    ],
    notes: [
      "With `organizationId`, people are sent to that organization's connection, and an ID token of another organization (`oid`) is refused. `connectionId` alone is only a hint.",
      "These are the variables `SIGN_IN_SCALEKIT_…`. Those that begin with `SCALEKIT_` are for [Scalekit as the authorization server](../providers/scalekit.md): clients get its tokens there, and here they get this server's.",
      "Without `organizationId`, the people of every organization in the environment can sign in. Limit them with `admit`, for example by `claims` with `oid`.",
    ],
  }),
};
