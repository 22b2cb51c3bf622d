import type { GrantOver, GrantRefusal } from "../../core/grant.ts";
import { type Html, html } from "../html.ts";

/**
 * All words of the pages and mails, in English: one section for each page. Another language is another object of this type. What is
 * put into a sentence comes as markup that is escaped already ({@link Html}), as text, or as a number.
 */
export type Texts = Widened<typeof english>;

/** The same with any words: English says them as they are, and the type is of every language. */
type Widened<T> = T extends Html
  ? Html
  : T extends string
    ? string
    : T extends (...given: infer Given) => infer Said
      ? (...given: Given) => Widened<Said>
      : { readonly [Key in keyof T]: Widened<T[Key]> };

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export const english = {
  /** As HTML names it (BCP 47). */
  tag: "en",
  /** Whether the script runs from right to left. */
  isRightToLeft: false,

  /** What several pages say. */
  common: {
    /** A page has no script that could ask for the reader's own time zone. */
    time: (at: Date) =>
      `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 16)} UTC`,
    since: (when: Html) => html`Since ${when}.`,
    lastUsed: (when: Html) => html`Last used ${when}.`,
    notUsedYet: "Not used yet.",
    referenceId: (id: Html) => html`Reference ID: ${id}`,
    errorStatus: (status: number) => `Error ${status}.`,
    whatYouCanDo: "What you can do",
    tryAgain: "Try again",
    /** Between two ways to do the same. */
    or: "or",
    signIn: "Sign in",
    signInAgain: "Sign in again",
    backToSignIn: "Back to the sign-in page",
    backToAccount: "Back to your account",
    username: "Username",
    cancel: "Cancel",
    remove: "Remove",
    passwordHint: "At least 8 characters. Several words are easier to remember.",
  },

  /** A client in a sentence. */
  client: {
    withoutName: "An app without a name",
    /** The same, where it can only be the reader's. */
    yours: "your app",
    yoursFirst: "Your app",
    wantsToConnect: (client: Html) => html`${client} wants to connect.`,
    nothingBeforeSignIn:
      "Nothing is shared before you sign in. If you approved it before, you are not asked again.",
    nothingBeforeApproval: "Nothing is shared until you approve.",
    fromHost: (name: Html, host: Html) => html`${name} from ${host}`,
  },

  /** A browser, as its `User-Agent` names it. */
  browser: {
    unknown: "Unknown browser",
    anyOn: (system: string) => `A browser on ${system}`,
    on: (browser: string, system: string) => `${browser} on ${system}`,
  },

  login: {
    signInAnotherWay: "Sign in another way",
    title: "Sign in",
    titleOfProblem: "Sign in: try again",
    heading: (app: Html) => html`Sign in to ${app}`,
    headingAgain: "Sign in again",
    headingToLink: "Link another way to sign in",
    reasonToConfirm: (person: Html) =>
      html`Sign in as ${person} again. To change your account, you must have signed in within the last five minutes.`,
    reasonToLink: (person: Html) => html`What you sign in with here becomes a way to sign in as ${person}.`,
    password: "Password",
    forgottenPassword: "Forgot your password?",
    continueWith: (method: Html) => html`Continue with ${method}`,
    workAddress: "Work email address",
    continueWithCompany: "Continue with single sign-on",
    referenceId: (id: string) => `Reference ID: ${id}`,
    /** Our own ways to sign in, as a sentence has them: "Signed in with your password". */
    labels: {
      password: "your password",
      passkey: "a passkey",
      mail: "Email",
      mailToLink: "an email address",
    },
    /** Why a sign-in with a method of this label did not end well. */
    ofMethod: {
      cancelled: (label: string) =>
        `The sign-in with ${label} was cancelled. Try again, or choose another way.`,
      no_answer: (label: string) => `${label} did not answer. Try again in a minute.`,
      wrong_answer: (label: string) =>
        `The sign-in with ${label} did not work. Try again. If it happens again, contact the server's operator.`,
      sign_in_is_old: (label: string) => `Sign in with ${label} again: this needs a new sign-in.`,
      other_organization: (label: string) =>
        `Your ${label} account is not one of an organization that may sign in here. Use another account.`,
      unusable_account: (label: string) =>
        `You can't sign in with this ${label} account. Contact the server's operator, or choose another way.`,
      too_large: (label: string) =>
        `You can't sign in with ${label} from this app, because its request is too large. Choose another way, or contact the app's developer.`,
      server_down: () => "You could not be signed in now. Try again in a minute.",
      unknown_passkey: () =>
        "This passkey is not known here. It may have been removed. Sign in another way, or with another passkey.",
      may_be_copied: () =>
        "This passkey was refused, because it may have been copied. Sign in another way, and remove it from your account.",
    },
    problems: {
      incorrect: "Incorrect username or password.",
      typeUsername: "Type your username.",
      typePassword: "Type your password.",
      usernameTooLong: (limit: number) =>
        `The username is too long. Use at most ${counted(limit)} characters.`,
      passwordTooLong: (limit: number) =>
        `The password is too long. Use at most ${counted(limit)} characters.`,
      tooManyPasswords: (minutes: number) =>
        `Too many attempts to sign in. Try again in ${duration(minutes)}.`,
      notChecked: "We couldn't check your password. Try again in a minute.",
      idUnusable:
        "You can't sign in with this account because its ID can't be used. Contact the server's operator.",
      dataTooLarge:
        "You can't sign in with this account because its data is too large. Contact the server's operator.",
      unknownCompany:
        "No single sign-on is set up for this address. Check the address, or sign in another way.",
      tooManyNow: "Too many people are signing in at the moment. Try again in a few seconds.",
      tooMany: "Too many people are signing in. Try again in a minute.",
      tooManyAtOnce: "Too many sign-ins came at once. Try again.",
      tooOld: "You have to sign in again for this, and were signed in already.",
      someoneElse: (name: string, expected: string) =>
        `You signed in as ${name}, but this is the account page of ${expected}. Nothing was changed.`,
      anothersLink: (name: string) =>
        `You signed in as ${name}, but this link is for another account. Nothing was connected.`,
      notAdmitted: "This account may not use this server. Contact its operator.",
      signedOutMeanwhile: "You were signed out while you signed in. Sign in again.",
      usedAlready: "This sign-in was used already. Sign in again.",
      idTaken:
        "This account can't be used, because someone else has its ID here. Contact the server's operator.",
    },
    /** For an answer of a provider that belongs to no sign-in of this browser. */
    noSignIn: {
      title: "This sign-in can’t continue",
      whatHappened: "It was started in another browser, has ended, or was used before.",
      whatToDo: "Go back to where you started, and sign in again.",
    },
  },

  /** Why a new username is refused. */
  username: {
    empty: "The username is empty.",
    tooLong: (limit: number) => `The username is too long. Use at most ${limit} characters.`,
    unseen: "The username has a control character or an invisible one.",
    taken: "This username is taken. Choose another one.",
  },

  /** Why a new password is refused. */
  password: {
    tooShort: (minimum: number) => `The password is too short. Use at least ${minimum} characters.`,
    tooLong: (limit: number) => `The password is too long. Use at most ${counted(limit)} characters.`,
    unseen: "The password has a control character. Use characters that you can type in every browser.",
    wellKnown: "This password is one of the most common ones, which attackers try first. Choose another one.",
    littleMore: "The password is little more than your username or the app's name. Choose another one.",
  },

  /** For a person who proved who they are, and may not come in. */
  notAdmitted: {
    title: "This account can’t be used here",
    whatHappened: (app: Html) =>
      html`You signed in, but this account isn’t allowed to use ${app}. No app was connected.`,
    signedInAs: "Signed in as",
    with: "With",
    useAnotherAccount: "Use another account",
    shouldHaveAccess: "Should this account have access?",
    contactOperator: "Contact the operator of this server with the reference ID below.",
    askAt: (url: Html) => html`Ask for access at ${url} with the reference ID below.`,
    contact: (whom: Html) => html`Contact ${whom} with the reference ID below.`,
  },

  /** For a consent page whose person is no longer signed in, or not in this browser. */
  signInAgain: {
    title: "Sign in again to continue",
    noLongerSignedIn: (person: Html) => html`${person} is no longer signed in for this request.`,
    someoneElse: (person: Html, current: Html) =>
      html`This request is for ${person}, but you are now signed in as ${current}.`,
    nothingDecided: "Nothing is approved or denied yet. Sign in with the account to connect.",
  },

  /** The page behind a one-time link of the operator. */
  invitation: {
    headings: {
      reset: "Choose a new password",
      both: "Choose a username and password",
      password: "Choose your password",
    },
    for: (heading: string, app: Html) => html`${heading} for ${app}`,
    titleOfProblem: (heading: string) => `${heading}: try again`,
    signsOut:
      "When you save it, you are signed out in every browser. Apps that you connected stay connected.",
    whatFor: "You will sign in with it when you connect an app.",
    whatBothFor: "You will sign in with them when you connect an app.",
    password: "New password",
    again: "New password again",
    save: "Save password",
    usePasskey: "Use a passkey instead",
    passkeySaved: "Your passkey is saved",
    passwordSaved: "Your password is saved",
    yourUsername: (username: Html) => html`Your username is ${username}.`,
    signedOut: "You are signed out in every browser.",
    goBack: "Go back to your app and sign in. You can close this window.",
    openAccount: "Open your account",
    passwordsDiffer: "The two passwords differ. Type the same one twice.",
    notSaved: "Your password was not saved. Try again.",
    tryAgainWithin: (minutes: number) =>
      `Try again within ${duration(minutes)}, in this browser. The link no longer works anywhere else.`,
    whenEnded:
      "If you have saved your password with it, sign in. Otherwise, copy the whole link, or ask the server's operator for a new one.",
    whenEndedWithMail:
      "If you have saved your password with it, sign in. Otherwise, copy the whole link, use the link for a forgotten password on the sign-in page, or ask the server's operator for a new link.",
  },

  forgottenPassword: {
    title: "Forgot your password?",
    titleOfProblem: "Forgot your password: try again",
    whatToDo:
      "Type the address that belongs to your account. You get an email with a link to choose a new password.",
    sent: "An email is on its way to the address that you typed. If an account has this address, the email has a link to choose a new password.",
    printed: "This server does not send email: it printed the email on the terminal where it was started.",
    nothingThere: (app: Html) =>
      html`Nothing there? Look in your spam folder, or contact the operator of ${app}.`,
  },

  /** Signing in with a link or a code that is sent by mail. */
  mail: {
    address: "Email address",
    sendLink: "Email me a link",
    heading: (app: Html) => html`Sign in to ${app} by email`,
    title: "Sign in by email",
    titleOfProblem: "Sign in: try again",
    linkAndCode: "You get an email with a link and a code. Either signs you in.",
    checkYourEmail: "Check your email",
    sent: (address: Html) =>
      html`An email is on its way to ${address}. Open its link in this browser, or type its code here.`,
    printed: (address: Html) =>
      html`This server does not send email: it printed the one for ${address} on the terminal where it was started.`,
    code: "Six-digit code",
    titleOfWrongCode: "Code: try again",
    nothingThere: "Nothing there? Look in your spam folder, and check the address.",
    worksTenMinutes: "An email works for ten minutes.",
    sendAnother: "Send another email",
    printAnother: "Print another email",
    useAnother: "Use another address or way to sign in",
    notSent: "The email could not be sent",
    notSentTo: (address: Html) =>
      html`This server can’t send email at the moment. Nothing was sent to ${address}.`,
    /** The page of the link, in the browser that asked for it. */
    link: {
      askedToSignIn: (address: Html) => html`You asked to sign in as ${address}`,
      askedToLink: (address: Html) => html`You asked to link this address: ${address}`,
      confirmAddress: "Confirm your address",
      confirm: "Confirm",
      notYou: "If you did not ask for this, close this page.",
      whenEnded:
        "Go back to where you started to sign in, and ask for a new email there. If you have signed in with this link already, there is nothing left to do here.",
    },
    problems: {
      typeAddress: "Type one email address, such as ada@example.com.",
      typeCode: "Type the six digits of the code.",
      wrongCode: (triesLeft: number) =>
        `The code is wrong. Use the one in the newest email. You have ${triesLeft === 1 ? "one more try" : `${triesLeft} more tries`}.`,
      noTriesLeft: "The code was wrong five times, so that email can’t be used any more. Ask for a new one.",
      over: "The email was used, has expired, or was replaced. Ask for a new one.",
      tooManyMails: (minutes: number) => `Too many emails were asked for. Try again in ${duration(minutes)}.`,
      tooManyTries: (minutes: number) => `Too many codes were tried. Try again in ${duration(minutes)}.`,
      linkStillWorks: (problem: string) => `${problem} The link in the email still works in this browser.`,
    },
    /** The same in any other browser. */
    elsewhere: {
      title: "Type the code where you started",
      whatHappened:
        "This browser is not the one that asked for the email, so the link does not sign you in here.",
      goBack:
        "Go back to the browser or device where you typed your address. Type the six-digit code of the email there.",
      orOpenThere: "Or open the link there.",
      notYou: "If you did not ask for the email, close this page, and tell no one the code.",
    },
  },

  /** Codes of an authenticator app. */
  totp: {
    title: "Enter your code",
    titleOfProblem: "Enter your code: try again",
    openYourApp: (app: Html) =>
      html`Open your authenticator app, and type the six digits that it shows for ${app}.`,
    continue: "Continue",
    useRecoveryCode: "Use a recovery code instead",
    recoveryCode: "Recovery code",
    recoveryCodeHint: "One of the ten that you saved when you set up your app. Each works once.",
    continueWithRecoveryCode: "Continue with a recovery code",
    code: "Code from your app",
    signInAs: (label: Html) => html`You sign in as ${label}.`,
    startAgain: "Start again",
    setup: {
      heading: "Set up an authenticator app",
      title: "Set up an app",
      titleOfProblem: "Set up an app: try again",
      why: (app: Html) =>
        html`${app} asks for a second proof when you sign in: a code that an app on your phone shows.`,
      scan: "In your authenticator app, add an account and scan this code.",
      qrCode: "QR code for your authenticator app",
      orType: "If you can’t scan it, type this key. If your app asks, choose time-based codes.",
      turnOn: "Turn on",
      expired: "This QR code has expired. Scan the new one.",
      incorrect: "Incorrect code. Type the six digits that your app shows now.",
    },
    problems: {
      incorrect: "Incorrect code.",
      recoveryCodeWrong: "This recovery code is incorrect, or was used before.",
      typeCode: "Type the six digits that your authenticator app shows.",
      typeRecoveryCode: "Type one of your recovery codes.",
      recoveryCodeInOtherField:
        "This looks like a recovery code. Use a recovery code instead, in the field for one.",
      typedBoth:
        "Type either the code that your app shows, or a recovery code, and leave the other field empty.",
      usedAlready: "This code was used already. Wait until your app shows the next one.",
      notChecked: "Your code can't be checked. Use a recovery code, or contact the server's operator.",
      tooManyCodes: (minutes: number) =>
        `Too many wrong codes. Try again in ${duration(minutes)}, or use a recovery code.`,
      tooManyRecoveryCodes: (minutes: number) =>
        `Too many wrong recovery codes. Try again in ${duration(minutes)}.`,
    },
    recoveryCodes: {
      title: "Save your recovery codes",
      whatFor: "Your authenticator app is set up. If you lose it, you sign in with one of these codes.",
      keepThem:
        "Each works once. They are not shown again: keep them where you keep your passwords, not only on your phone.",
      saved: "I have saved them",
    },
  },

  consent: {
    title: "Approve access",
    heading: (client: Html, app: Html) => html`${client} wants to connect to ${app}`,
    whatItMeans: "If you approve, it can act for you there.",
    sendsYouBackTo: "Sends you back to",
    signedInAs: "Signed in as",
    useAnotherAccount: "Use another account",
    aboutThisApp: "About this app",
    appOnThisComputer: "An app on this computer",
    appOnThisDevice: "An app on this device that opens this address",
    addedByOperator: (app: Html) => html`Added by the operator of ${app}.`,
    hasKey: "It has a key or secret.",
    registeredItself: "Registered itself and chose its own name.",
    registeredItselfUnnamed: "Registered itself, without a name.",
    publishedBy: (host: Html) => html`Published by ${host}, which chose its name.`,
    hasKeyThatProvesNoName: "It has a key or secret, which doesn’t prove its name.",
    deny: "Deny",
    approve: "Approve",
    willBeRemembered:
      "If you approve, you won’t be asked again when this app wants the same or less, as long as this connection lasts.",
    appId: (id: Html) => html`App ID: ${id}`,
    /** Where there are several companies, teams or the like, and the person ticks one. */
    appliesToChosen: "What you approve here applies only to the one you choose.",
    noOrganization: {
      title: "This account can’t connect the app",
      heading: (client: Html) => html`${client} can’t be connected with this account`,
      /** What one of them is called is the operator's word: “Workspace”, “Team”. */
      whatHappened: (called: Html) =>
        html`This account doesn’t belong to any ${called}, and an app needs one to work in. Nothing was connected.`,
      whatToDoHeading: "Should this account belong to one?",
      whatToDo: "Ask to be added. Then reload this page, or go back to your app and connect again.",
    },
    scopes: {
      legend: "What it can do",
      newLegend: "New permissions",
      asksForMore: "You approved this app before, without what is listed here.",
      /** The same, where nothing shows that it is the same app. */
      someAppAsksForMore: "You approved an app with this ID before, without what is listed here.",
      beforeLegend: "What you approved before",
      earlierStays: "The earlier connection keeps what it has, whatever you choose here.",
      alwaysIncluded: "Always included.",
      tools: (names: Html, count: number) => html`${count === 1 ? "Tool" : "Tools"}: ${names}.`,
      someTools: (names: Html, more: number) => html`Tools: ${names}, and ${more} more.`,
      allTools: (count: number) => `All ${count} tools`,
      scope: (scope: Html) => html`Scope: ${scope}`,
      /** What the one scope lets a client do, where the operator names none. */
      useTools: (app: string) => `Use the tools of ${app}`,
    },
    elsewhere: {
      button: "My app is on another computer",
      whatItDoes: "This also approves. You get a URL to paste into the app.",
    },
    caution: {
      onlyIfStarted: "Only continue if you just started this from your app.",
      onlyIfStartedAndKnown: (place: Html) => html`Only continue if you just started this and know ${place}.`,
      anyProgram: "Any program on this computer could be asking.",
      anyoneCanUseName: "Anyone can use this name.",
      nameNotVerified: "This app’s name isn’t verified.",
      appNotVerified: "This app isn’t verified.",
      somewhereElse: "This app sends you somewhere else.",
      notPartOf: (place: Html, publisher: Html) =>
        html`${place} isn’t part of ${publisher}, which publishes this app.`,
    },
    problems: {
      noDecision: "The form did not say whether you approve.",
      appRemoved: "This app has been removed.",
      notPasteable: "Only an app on a computer can take a callback URL that you paste.",
      selectApprove: "Go back and select Approve.",
      mayNotApprove: "This account can't approve apps. Contact the server's operator.",
      nothingSelected: "Nothing is selected.",
      selectAnItem: "Go back and select at least one item, or deny.",
      /** What one of them is called is the operator's word: “Workspace”, “Team”. */
      organizationNotSelected: (called: string) => `No ${called} is selected.`,
      selectOne: "Go back and select one, or deny.",
      organizationNotOffered: (name: string) => `You can't use ${name} for this app any more.`,
      /** The same, where it is not known what it is called. */
      someOrganizationNotOffered: "You can't use what you selected for this app any more.",
      reloadPage:
        "Go back and reload the page. If that does not help, go back to your app and connect again.",
      noOrganization: (called: string) =>
        `This account doesn't belong to any ${called}, and an app needs one.`,
      askToBeAdded: "Ask to be added, or connect again with another account.",
      otherChoices: "You already approved this with other choices, which still apply.",
      connectionEnded: "You approved this before, but the connection has ended.",
    },
  },

  /** For an app on another computer, once it is approved. */
  callbackToPaste: {
    title: "Paste this into your app",
    heading: "Approved. Now paste this into your app",
    whatToDo: (client: Html) =>
      html`${client} waits on the other computer for this callback URL. Copy all of it.`,
    onlyYourApp: "Paste this only into the app that you started yourself.",
    nowhereElse:
      "If a website or another person asks you for it, don’t give it to them: they could use your account.",
    label: "Callback URL",
    worksOnce: (minutes: number) => `It works once, within ${minutes} minutes.`,
    pastedElsewhere: (account: Html) =>
      html`Did you paste it anywhere else? End the connection on ${account}.`,
    accountPage: "your account page",
  },

  passkeys: {
    signIn: "Sign in with a passkey",
    needJavaScript: "Passkeys need JavaScript, which is off in this browser.",
    /** What the page says when the browser used none. */
    notUsed: {
      unsupported: "This browser can’t use passkeys.",
      cancelled: "No passkey was used. Try again, or sign in another way.",
      wrongAddress: "Passkeys can’t be used at this address.",
      failed: "The passkey could not be used. Try again, or sign in another way.",
    },
    /** And when it made none. */
    notMade: {
      unsupported: "This browser can’t use passkeys.",
      cancelled: "No passkey was made. Try again.",
      existsAlready: "This device has a passkey for your account already.",
      wrongAddress: "Passkeys can’t be used at this address.",
      failed: "The passkey could not be made. Try again, or use another device.",
    },
    nothingCame: "No passkey was made. Turn JavaScript on, and try again.",
    notSaved: "The passkey could not be saved. Try again.",
  },

  /** The way back to the client. */
  return: {
    approved: "Approved",
    youApproved: (client: Html) => html`You approved ${client}.`,
    denied: "Denied",
    youDenied: (client: Html) => html`You denied ${client}. It got no access. You can close this window.`,
    letItOpen: "If your browser asks, let it open the app. Then you can close this window.",
    openApp: "Open the app",
    opensApp: (protocol: Html) =>
      html`This opens the app for ${protocol} links on your computer. Only open it if you just started this from that app.`,
    continueToWebsite: "Continue to this website",
    opensWebsite: "The button opens another website:",
    unknownWebsite: (app: Html) =>
      html`${app} doesn’t know who runs it. Only continue if you know it and just came from there.`,
  },

  /** For an Approve that is clicked again. */
  done: {
    title: "Already connected",
    isConnected: (client: Html, app: Html) =>
      html`${client} is connected to ${app}. You can close this window.`,
  },

  error: {
    cannotContinue: "This request can’t continue",
    somethingWentWrong: "Something went wrong",
    linkCannotBeUsed: "This link can’t be used",
    onServer: "Something went wrong on the server.",
    otherSite: "This form was sent from another site, so nothing was done.",
    notInAdvance: "This page can't be loaded in advance.",
    requestEnded:
      "This request has ended, was started in another browser, or too many others were started after it.",
    signInExpired: "This sign-in has expired.",
    incompleteLink: "This sign-in link is incomplete, or is not from this server.",
    linkEnded: "This link was used before, has expired, or is not complete.",
    notSignedInYet: "No one has signed in for this request yet.",
    stepNotPassed: "A step of this request has not been passed yet.",
    notChecked: "The server can't check right now whether you may use it. Try again in a moment.",
    accountDisabled: "This account is disabled. Contact the server's operator.",
    appNotRegistered: "This app is not registered here.",
    appDisabled: "The operator of this server disabled this app.",
    whatToDo: {
      /** After a refusal with this code of OAuth. */
      afterCode: {
        access_denied: "Go back to your app and connect again.",
        invalid_client: "Remove the connection in your app and add it again.",
        unauthorized_client:
          "Connecting again does not help. Contact the server's operator with the reference ID below.",
        slow_down: "Wait a moment, then go back to your app and connect again.",
        temporarily_unavailable:
          "Wait a moment, then reload this page. If that does not help, go back to your app and connect again.",
        server_error:
          "Try again. If it happens again, contact the server's operator with the reference ID below.",
      },
      /** After every other one. */
      connectAgain:
        "Go back to your app and connect again. If it happens again, contact the app's developer.",
      openAgain: "Open it again.",
      openAccountAgain: "Open your account page again.",
      waitAndGoBack: "Wait, then go back and try again.",
    },
  },

  /** The page at the server's root, and at the MCP URL in a browser. */
  status: {
    title: "MCP server",
    heading: (app: Html) => html`${app} is running`,
    whatItIs:
      "This is an MCP server. Give its URL to your AI assistant or editor, then sign in and approve it in your browser.",
    url: "MCP server URL",
    withoutSignIn: (url: Html) => html`Part of it needs no sign-in: for that, give your client ${url}.`,
    thisComputerOnly: (https: Html) =>
      html`This URL works on this computer only. claude.ai, ChatGPT and other hosted clients need a public ${https} URL.`,
    signedInAs: (person: Html) => html`You are signed in as ${person}.`,
    yourAccount: "Your account",
    connect: "Connect your client",
    installIn: (client: string) => `Install in ${client}`,
    nothingNeeded: "You need no client ID, secret or token. Click a snippet to select it.",
    /** What is typed in each client. The names of its menus are the client's. */
    claude: {
      where: "On claude.ai, in Claude Desktop and on mobile:",
      steps: [
        "Open Settings, then Connectors, and choose “Add custom connector”.",
        "Paste the URL and add it. Leave the advanced settings empty.",
        "Choose “Connect” and sign in.",
      ],
    },
    claudeCode: (command: Html) => html`Then type ${command} in Claude Code and choose to authenticate.`,
    chatGpt: {
      steps: [
        "Open Settings, then Apps (or “Apps & Connectors”), and turn on developer mode under Advanced settings.",
        "Create an app: paste the URL and choose OAuth.",
        "Connect it and sign in.",
      ],
    },
    inFile: (file: Html) => html`In ${file}:`,
    inEitherFile: (project: Html, all: Html) => html`In ${project} (this project) or ${all} (all projects):`,
    inTerminal: "Or in a terminal:",
    gemini: (command: Html) => html`Then type ${command} in Gemini CLI.`,
    inspector: "Choose the transport “Streamable HTTP”, paste the URL and connect.",
  },

  account: {
    title: "Your account",
    titleOfProblem: "Your account: try again",
    titleOfQuestion: (method: string) => `Link ${method}?`,
    intro: (app: Html) => html`What ${app} knows about you, and where you are signed in.`,
    signInAgainFirst: "To change anything here, sign in again first.",
    person: {
      heading: "Who you are",
      name: "Name",
      id: "ID",
      addresses: (count: number) => (count === 1 ? "Verified address" : "Verified addresses"),
      groups: (count: number) => (count === 1 ? "Group" : "Groups"),
      andMore: (count: number) => `and ${count} more`,
    },
    apps: {
      heading: "Connected apps",
      title: "Your connected apps",
      intro: "These apps can act for you here. One that you disconnect can do nothing more.",
      none: "No app is connected.",
      /** Where the operator took it out since. */
      unknown: "This server no longer knows this app.",
      place: {
        https: (host: Html) => html`Sent you back to ${host}`,
        loopback: (address: Html) => html`An app at ${address} on a computer`,
        "private-use": (address: Html) => html`On the device where you approved it, at ${address}`,
      },
      /** @param called what the operator calls one: “Workspace” */
      organization: (called: string, name: Html) => html`${called}: ${name}`,
      canDo: "What it can do:",
      refreshed: (when: Html) => html`Access last renewed ${when}.`,
      firstUsed: (when: Html) => html`First used ${when}.`,
      usedSince: (when: Html) => html`Used since then, first ${when}.`,
      notUsedSince: "Not used since then.",
      notConnectedYet: "You approved it, but it has not connected yet.",
      refused: (when: Html, why: string) => html`Last refused ${when}: ${why}`,
      /** Why an app was refused, for the person whose app it is. */
      refusals: {
        redirect_mismatch: "it named another address than the one that you approved.",
        verifier_mismatch: "it did not prove that it is the app that you started.",
        resource_mismatch: "you approved it for another address of this server.",
        scope_not_granted: "it asked for something that you did not allow.",
        code_expired: "it took too long to connect. Connect it again.",
        expired: "its connection had expired. Connect it again.",
        revoked: "its connection had ended. Connect it again if you want it back.",
      } satisfies Readonly<Record<GrantRefusal, string>>,
      disconnect: "Disconnect",
      disconnectAll: "Disconnect all apps",
      all: "Show all connected apps",
      older: "Older",
      newest: "Newest",
    },
    timeline: {
      title: "What happened with your apps",
      intro: "The newest first. The server keeps this for as long as its operator says.",
      none: "Nothing is on record.",
      noneHere: "Nothing here is about your apps.",
      approved: (client: Html) => html`You approved ${client}`,
      stepped_up: (client: Html) => html`You approved more for ${client}`,
      remembered: (client: Html) =>
        html`${client} connected again, without asking you: you had approved the same before`,
      denied: (client: Html) => html`You denied ${client}`,
      ended: (client: Html) => html`${client} was disconnected`,
      allEnded: "All your apps were disconnected",
      anApp: "An app",
      anAppFirst: "An app",
      canDo: (what: Html) => html`It may: ${what}.`,
      wasPasted: "For an app on another computer: you were shown a URL to paste.",
      place: (place: Html) => html`Sent you back to ${place}`,
      from: (address: Html) => html`From ${address}`,
      endedOn: (when: Html, why: string) => html`This connection ended ${when}. ${why}`,
      hasEnded: "This connection has ended.",
      /** Why a connection ended, for the person whose it was. */
      reasons: {
        person: "You did this on your account page.",
        client_request: "The app ended it itself.",
        operator: "The operator of this server ended it.",
        client_removed: "The operator of this server removed the app.",
        client_disabled: "The operator of this server disabled the app.",
        person_disabled: "The operator of this server disabled your account.",
        person_signed_out: "You were signed out everywhere.",
        person_removed: "The operator of this server removed your account.",
        person_inactive: "Your account was not active when the app asked for access.",
        upstream_logout: "You signed out at the service that you sign in with.",
        organization_left: "You no longer belonged to what it was for.",
        organization_missing: "You had not chosen what it is for, and now that is required.",
        code_reuse:
          "The one-time code with which the app connected was used a second time. Someone may have copied it, so the connection was ended.",
        refresh_reuse:
          "An old access key of the app was used again. Someone may have copied it, so the connection was ended.",
        expired: "It was not used for a long time, or reached its age limit.",
        not_redeemed: "The app did not connect in time.",
      } satisfies Readonly<Record<GrantOver["reason"], string>>,
      /** What needs no more than a sentence. @param about the name of what it is about, where it has one */
      others: {
        signed_out: (_about: Html) => html`You signed out everywhere, and all your apps were disconnected`,
        signed_out_by_operator: (_about: Html) =>
          html`The operator of this server signed you out everywhere, and all your apps were disconnected`,
        disabled: (_about: Html) =>
          html`The operator of this server disabled your account, and all your apps were disconnected`,
        enabled: (_about: Html) => html`The operator of this server enabled your account again`,
        service_connected: (service: Html) => html`You connected ${service}`,
        key_stored: (service: Html) => html`You stored a key for ${service}`,
        service_disconnected: (service: Html) => html`You disconnected ${service}`,
        service_disconnected_by_operator: (service: Html) =>
          html`The operator of this server disconnected ${service}`,
      } satisfies Readonly<Record<string, (about: Html) => Html>>,
    },
    sessions: {
      heading: "Where you are signed in",
      andMore: (count: number) => `And ${count} more.`,
      thisBrowser: "This browser",
      signedInWith: (method: Html, address: Html | undefined) =>
        html`Signed in with ${method}${address === undefined ? undefined : html` from ${address}`}`,
      signOutHere: "Sign out here",
      end: "End",
      signOutElsewhere: "Sign out everywhere else",
      signOutEverywhere: "Sign out everywhere and disconnect all apps",
    },
    identities: {
      heading: "Ways to sign in",
      link: (method: Html) => html`Link ${method}`,
      /** How a password is called in the list. */
      password: "Password",
      /** Why the person can't remove it. */
      notRemoved: {
        last_way_in: "Your only way in",
        by_operator: "Can’t be removed here",
        not_set_up: "Not set up",
      },
    },
    question: {
      heading: (method: Html, label: Html, person: Html) =>
        html`Link ${method} (${label}) to the account of ${person}?`,
      whatItMeans: (method: Html) =>
        html`Then signing in with ${method} opens this account. Only link it if you asked for this, and if this account is yours:`,
      id: (id: Html) => html`ID ${id}`,
      no: "Don’t link",
      yes: "Link",
    },
    signIns: {
      heading: "Recent sign-ins",
      none: "None are on record.",
      outcomes: { ok: "Signed in", refused: "Refused" },
      outcomeWith: (outcome: Html, method: Html) => html`${outcome} with ${method}`,
      timeAndPlace: (when: Html, address: Html) => html`${when} from ${address}`,
    },
    problems: {
      noAction: "The form did not say what to do.",
      notAPosition: "This address is not one that a page of this server links to.",
      nothingToLink: "The form did not say what to link.",
      notLinkable: "This way to sign in can't be linked, or is linked already.",
      onlyOperatorRemoves: "Only the server's operator can remove this way to sign in.",
      changedMeanwhile: "Your ways to sign in were changed at the same time.",
    },
    /** Why another way to sign in was not linked. */
    linking: {
      otherMethod: "This page links another way to sign in. Nothing was linked.",
      noLongerSignedIn:
        "You are no longer signed in, or someone else is, since you began. Nothing was linked.",
      notAdmitted: (label: string) =>
        `This ${label} account may not use this server, so it was not linked. Contact the server's operator.`,
      belongsToAnother: (label: string) =>
        `This ${label} account belongs to another person here. Ask the operator to link them.`,
    },
    /** What the page says first, after a change or instead of one. */
    notices: {
      signed_in_again: "You signed in again. Now you can make your change.",
      session_ended: "The session is ended.",
      session_not_there: "That session had ended already.",
      signed_out_elsewhere: "You are signed out everywhere else.",
      app_ended: "The app is disconnected.",
      app_not_there: "That app was disconnected already.",
      apps_ended: "All your apps are disconnected.",
      no_apps: "No app was connected.",
      identity_linked: "You can now sign in this way too.",
      not_linked: "Nothing was linked.",
      link_expired: "You were asked more than ten minutes ago, so nothing was linked. Link it again.",
      identity_removed:
        "You can no longer sign in this way. Sessions that began with it stay until you end them.",
      identity_not_there: "That way to sign in was removed already.",
      last_identity:
        "This is the last way in that works here, so it was not removed. Link another one first.",
    },
    refused: {
      nothingLinked: "Nothing was linked",
      nothingChanged: "Nothing was changed",
      outOfDate: "This page is out of date, or you are no longer signed in, so nothing was changed.",
      open: "Open your account",
      signInWithAnother: "Sign in with another account",
    },
    signedOut: {
      title: "You are signed out",
      whatItMeans: (app: Html) =>
        html`You are no longer signed in to ${app} in this browser. If you signed in with a provider, and others use this computer, sign out there too.`,
    },
    password: {
      heading: "Password",
      whatItMeans:
        "When you change it, you are signed out everywhere else. Apps that you connected stay connected.",
      signInAgainFirst: "To change your password, sign in again first.",
      current: "Current password",
      next: "New password",
      again: "New password again",
      change: "Change password",
      notTheSame: "The two new passwords are not the same. Type the new one twice.",
      none: "There is no password to change here.",
      incorrect: "The current password is incorrect.",
      signedOut: "You are no longer signed in, so nothing was changed.",
      changed:
        "Your password was changed, and you are signed out everywhere else. Your apps stay connected: to disconnect them, sign out everywhere.",
    },
    address: {
      heading: "Email address",
      yours: (address: Html) => html`Your address is ${address}.`,
      twoCodes: "When you change it, you type a code from the old address and one from the new.",
      signInAgainFirst: "To change it, sign in again first.",
      next: "New address",
      change: "Change address",
      printed:
        "This server printed a code for each of the two addresses on the terminal where it was started.",
      sent: (from: Html, to: Html) =>
        html`A code is on its way to each of your addresses, ${from} and ${to}.`,
      typeBoth: "Type both within ten minutes. Until then, your address stays as it is.",
      oldCode: "Code of your current address",
      newCode: "Code of your new address",
      confirm: "Confirm new address",
      none: "There is no address to change here.",
      isYours: "This is your address already.",
      notSent: "The emails could not be sent. Try again in a minute.",
      typeBothCodes: "Each code has six digits. Type both.",
      wrongCode: "One of the codes is wrong. Use those of the newest emails.",
      over: "The codes were used, have expired, or were wrong too often. Nothing was changed. Begin again.",
      notAdmitted: "The new address may not use this server. Nothing was changed.",
      taken: "The new address belongs to an account here already. Nothing was changed.",
      cancelled: "Your address was not changed.",
      changed: "Your address was changed.",
    },
    totp: {
      heading: "Authenticator app",
      notSetUp:
        "Not set up. With an app, you are also asked for a code that it shows when you sign in with a password or by email. Then a password that someone else knows is not enough.",
      signInAgainToSetUp: "To set it up, sign in again first.",
      signInAgainToChange: "To change it, sign in again first.",
      setUp: "Set up an app",
      setUpOn: (when: Html) => html`Set up on ${when}.`,
      codesLeft: (count: number) =>
        count === 1 ? "1 recovery code is left." : `${count} recovery codes are left.`,
      required: "This server requires it.",
      newApp:
        "Your authenticator app is set up, and you are signed out everywhere else. If you lose it, you sign in with one of these codes.",
      newCodes: "These are your new recovery codes. The old ones no longer work.",
      makeNewCodes: "Make new recovery codes",
      useAnotherApp: "Use another app",
      turnOff: "Turn off",
      qrCodeOver: "This QR code can't be used any more. Begin again.",
      isRequiredHere: "This server requires you to have an authenticator app.",
      hasNone: "You have no authenticator app here.",
      changedMeanwhile:
        "You are no longer signed in, or your authenticator app was changed at the same time. Nothing was changed.",
      cancelled: "No authenticator app was set up. Nothing was changed.",
      turnedOff: "Your authenticator app is turned off. You are no longer asked for a code.",
    },
    passkeys: {
      heading: "Passkeys",
      whatItIs:
        "With a passkey you sign in with your fingerprint, your face or the PIN of your device, and without a password.",
      name: "Name of the new passkey",
      nameHint: "Helps you recognize it later, such as the name of this device. You can leave this empty.",
      add: "Add a passkey",
      synced: "Synced",
      otherHost: (host: Html) => html`Works only at ${host}, where this server no longer is.`,
      onlyWayIn: "Your only way in",
      full: (most: number) => `You have ${most} passkeys already. Remove one first.`,
      inUse: "This passkey is in use already.",
      changedMeanwhile: "Your ways to sign in were changed at the same time. Try again.",
      added: "You can now sign in with this passkey.",
      removed: "You can no longer sign in with this passkey. Delete it from your device too.",
      notThere: "That passkey was removed already.",
      lastWayIn:
        "This passkey is the last way in that works here, so it was not removed. Add another one first.",
    },
    upstreams: {
      heading: "Connected services",
      intro: (app: Html) =>
        html`Tools of ${app} act as you at the services that you connect. Apps get neither your tokens nor your keys.`,
      signInAgainToStore: "To store a key, sign in again first.",
      notConnected: "Not connected",
      noKey: "No key stored",
      hasKey: "Key stored",
      connectAgain: "This connection has ended. Connect it again.",
      storeAgain: "The service no longer takes this key. Store another one.",
      noLongerHere: "This server no longer uses this service.",
      permissions: (scopes: Html) => html`Permissions: ${scopes}.`,
      connect: "Connect",
      reconnect: "Connect again",
      disconnect: "Disconnect",
      removeKey: "Remove key",
      keyOf: (service: Html) => html`Key for ${service}`,
      newKeyOf: (service: Html) => html`Another key for ${service}`,
      storeKey: "Store key",
      replaceKey: "Replace key",
      makeKey: "Make a key there",
      keyHint: "The key is kept encrypted, and never shown again.",
      /** What the page says first, after a change or instead of one. */
      connected: (service: string) =>
        `${service} is connected. If an app waits for it, go back to the app and try again.`,
      disconnected: (service: string) =>
        `${service} is disconnected here. To withdraw what you approved there, do it in your settings at ${service}.`,
      keyStored: (service: string) =>
        `Your key for ${service} is stored. If an app waits for it, go back to the app and try again.`,
      keyRemoved: (service: string) =>
        `Your key for ${service} is removed here. At ${service} it still works until you delete it there.`,
      denied: (service: string) =>
        `${service} was not connected, because access to it was not approved there.`,
      removed: "What was kept for that service is removed.",
      nothingThere: "Nothing was stored for that service.",
      notThere: (service: string) => `Nothing was stored for ${service}.`,
      /** Why nothing was changed. */
      notConnectable: "This service can’t be connected here.",
      noAnswer: (service: string) =>
        `${service} did not answer, so nothing was connected. Try again in a minute.`,
      wrongAnswer: (service: string) =>
        `${service} could not be connected. Try again. If it happens again, contact the server’s operator.`,
      noLongerSignedIn:
        "You are no longer signed in, or someone else is, since you began. Nothing was changed.",
      keyEmpty: (service: string) => `Type or paste a key for ${service}.`,
      keyTooLong: (service: string, most: number) =>
        `This can’t be a key for ${service}: it is longer than ${counted(most)} characters.`,
      keyCharacters: (service: string) =>
        `This can’t be a key for ${service}: it has characters other than Latin letters, digits, common punctuation and spaces.`,
      keyRefused: (service: string) => `${service} does not take this key. Check that you copied all of it.`,
      keyUnchecked: (service: string) =>
        `The key for ${service} could not be checked, so it was not stored. Try again in a minute.`,
    },
  },

  /** The page that a tool's link opens, and what a service leads back to. */
  connect: {
    title: (service: string) => `Connect ${service}`,
    heading: (service: Html, app: Html) => html`Connect ${service} to ${app}?`,
    /** Once the service has answered. */
    oneMoreStep: (service: Html, app: Html) => html`One more step to connect ${service} to ${app}`,
    answered: (service: Html) =>
      html`${service} has answered. Nothing is connected until you select the button.`,
    keyHeading: (service: Html, app: Html) => html`Store a key for ${service} in ${app}?`,
    whatItMeans: (service: Html) =>
      html`Then tools here act at ${service} as you, for the apps that you connected. The apps don’t get your password or tokens.`,
    whatAKeyMeans: (service: Html) =>
      html`Then tools here act at ${service} with this key, for the apps that you connected. The apps don’t get the key.`,
    account: "Your account here",
    onlyIfAsked: "Only continue if you asked for this, and if this account is yours.",
    next: (service: Html) => html`Next, ${service} asks you to approve it.`,
    connect: (service: Html) => html`Connect ${service}`,
    finish: (service: Html) => html`Connect ${service} to this account`,
    no: "Don’t connect",
    nothingConnected: "Nothing was connected",
    linkIsOver:
      "This link has expired, or is incomplete. Call the tool in your app again, or connect the service on your account page.",
    noConnection: (service: string) =>
      `This way to connect ${service} was started in another browser, has ended, or was used before.`,
    signInTitle: (service: Html) => html`Sign in to connect ${service}`,
    signInReason: "You opened a link of an app. Sign in with the account that the app uses.",
  },

  /** The mails, in plain text: a paragraph each. */
  mails: {
    signIn: {
      subject: (app: string) => `Sign in to ${app}`,
      openLink: (app: string) =>
        `To sign in to ${app}, open this link in the browser where you asked for it:`,
      orTypeCode:
        "If you read this on another device or in another browser, type this code where you asked for it:",
      onceWithin: (minutes: number) => `You can use either of them, once, within ${minutes} minutes.`,
      notYou:
        "If you did not ask for this, ignore this email. Never tell anyone the code: no one who helps you needs it.",
    },
    newPassword: {
      subject: (app: string) => `Your password for ${app}`,
      noOne: (app: string) =>
        `Someone asked for a new password for ${app} with this address. No one with a password here has this address, so there is nothing to change.`,
      anotherWay: "If you sign in another way, or with another address, use that.",
      openLink: (username: string, app: string) =>
        `Your username is ${username}. To choose a new password for ${app}, open this link:`,
      onceWithin: (links: number, hours: number) =>
        `${links === 1 ? "It" : "Each link"} works once, within ${inHours(hours)}. When you save the new password, you are signed out in every browser.`,
      notYou: "If you did not ask for this, ignore this email: your password stays as it is.",
    },
    /** To the address that a person has now. */
    oldAddress: {
      subject: (app: string) => `Your address for ${app}`,
      someoneChanges: (app: string, to: string) =>
        `Someone who is signed in to your account at ${app} wants to change your address there to ${to}.`,
      typeCode: "If this is you, type this code on your account page, as the code of your current address:",
      onceWithin: (minutes: number) => `It works once, within ${minutes} minutes.`,
      notYou: "If it is not you, tell no one the code, and sign out everywhere on your account page.",
    },
    /** To the address that they are to have. */
    newAddress: {
      subject: (app: string) => `Confirm your address for ${app}`,
      someoneUses: (app: string) => `Someone wants to use this address to sign in to ${app}.`,
      typeCode: "If this is you, type this code on your account page, as the code of your new address:",
      onceWithin: (minutes: number) => `It works once, within ${minutes} minutes.`,
      notYou: "If it is not you, ignore this email, and tell no one the code.",
    },
    invitation: {
      subject: (app: string) => `Your invitation to ${app}`,
      chooseBoth: (app: string) =>
        `You are invited to ${app}. Open this link to choose a username and a password:`,
      choosePassword: (app: string, username: string) =>
        `You are invited to ${app}. Your username is ${username}. Open this link to choose your password:`,
      onceWithin: (hours: number) =>
        `It works once, within ${inHours(hours)}. Anyone who has it can use it: do not forward it.`,
    },
  },
};

function counted(number: number): string {
  return number.toLocaleString("en");
}

function duration(minutes: number): string {
  if (minutes <= 1) return "a minute";
  return minutes <= 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

function inHours(hours: number): string {
  return hours === 1 ? "an hour" : `${hours} hours`;
}
