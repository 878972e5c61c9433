import { html, lines, paragraphs } from "../view/html.ts"
import { counted } from "./language.ts"

const count = counted("en")

/** All that the bot says, in English. */
export const en = {
  days: count({ one: "day", other: "days" }),
  hours: count({ one: "hour", other: "hours" }),
  minutes: count({ one: "minute", other: "minutes" }),

  commands: {
    start: "What we sell",
    orders: "Your orders",
    receipt: "A receipt once more: /receipt and the order's number",
    language: "Language and time",
    help: "How it works, and what to do when it does not",
    terms: "On what terms we sell",
    paysupport: "When something is wrong with a payment",
  },

  buttons: {
    buy: (price: string) => `Buy for ${price}`,
    buyAnother: (price: string) => `Buy another for ${price}`,
    catalogue: "All products",
    check: "Check payment",
    cancel: "Cancel",
    newInvoice: "New invoice",
    receipt: "Receipt",
    help: "Help",
    newer: "◀ Newer",
    older: "Older ▶",
    previous: "◀ Previous",
    next: "Next ▶",
    clocks: "🕑 Change the time",
    back: "◀ Back",
  },

  catalogue: {
    welcome: "Welcome! You pay with Wallet, right here in Telegram.",
    choose: count({ one: "product to choose from:", other: "products to choose from:" }),
    chooseCategory: "What would you like?",
    page: (number: number, of: number) => `Page ${number} of ${of}`,
    price: (price: string) => `Price: ${price}`,
    howPaid: (currency: string) =>
      `You pay in crypto with Wallet, which shows the exact amount first. The price in ${currency} stays as it is.`,
    alreadyOrdered:
      "An invoice for this waits for your payment, below in this chat. If you want another one besides, press Buy another.",
  },

  invoice: {
    headline: {
      Issued: "⏳ Preparing your invoice…",
      Requested: "⏳ Preparing your invoice…",
      Unknown: "🔎 Checking with Wallet…",
      AwaitingPayment: "🧾 Your invoice",
      Paid: "✅ Paid. Thank you!",
      Held: "🤝 We have your money",
      RefundPending: "↩️ Your money is on its way back",
      Refunded: "↩️ We have sent your money back",
      Expired: "⌛ This invoice has expired",
      Cancelled: "✖️ This invoice is cancelled",
      Refused: "⚠️ Wallet did not open this invoice",
    },
    line: (title: string, quantity: number, price: string) =>
      quantity === 1 ? html`${title} — ${price}` : html`${title} × ${quantity} — ${price}`,
    total: (amount: string) => html`<b>Total: ${amount}</b>`,
    moreLines: count({ one: "more line", other: "more lines" }),
    /** `at` is when the message says so. */
    validFor: (span: string, at: string, until: string) => `Valid for ${span} from ${at}, until ${until}.`,
    wasValid: (until: string) => `It was valid until ${until}.`,
    receipt: "🧾 Receipt",
    proof:
      "The file is the proof that this payment stands in the shop's public log. Whoever has it can check it, and needs nobody's word.",
    paid: (amount: string) => `Paid: ${amount}`,
    order: (number: string) => html`Order: <code>${number}</code>`,

    preparing: "The button to pay appears here in a moment.",
    checking: "Wallet has not given a clear answer yet. We keep asking, and this message changes by itself.",
    timeIsUp:
      "The time to pay is over. If you have paid, we hear of it in a moment, and this message changes by itself.",
    pay: "This message becomes your receipt as soon as you have paid.",
    noLink: "Wallet has not given us a link to pay yet. It appears here by itself.",
    delivered: "📦 Delivered.",
    notDelivered: "We could not deliver it by ourselves: a person sees to it. Nothing is lost.",
    alsoReceived: (amounts: string) => `Beyond that we received ${amounts}. A person looks at it; nothing is lost.`,
    received: (amounts: string) => `We received ${amounts}.`,
    heldSince: {
      WrongAmount: "It differs from the amount of the invoice.",
      WrongCurrency: "It came in another currency than the invoice's.",
      UnknownCurrency: "It came in a currency that we do not know.",
      NotConserved: "What Wallet tells about it does not add up.",
      NoOrder: "It came before the invoice was ready.",
      AfterExpiry: "It came after the invoice had expired.",
      AfterCancel: "It came after the invoice was cancelled.",
      AfterRefusal: "It came although Wallet did not open the invoice.",
      Surplus: "The invoice was paid already.",
      Restated: "Wallet has told us two different things about it.",
      Corrected: "It turned out not to be for this invoice.",
    },
    heldNext: () =>
      lines(
        html`<b>What happens next:</b> a person looks at it, and either completes your order or sends the money back.`,
        "You need do nothing. Please do not pay again: this message tells you how it ends.",
      ),
    returning: (amounts: string) => `We are sending ${amounts} back to you.`,
    returningNext: "A person does it by hand, so it can take a while. This message tells you when it is done.",
    returned: (amounts: string) => `We have sent ${amounts} back to you.`,
    returnedNext: "Has it not arrived? Write to us with the order's number: /paysupport",
    expiredNext: "Still want it? Take a new invoice, at today's price.",
    expired: "If you paid in time, do not worry: this message becomes your receipt when Wallet confirms it.",
    cancelled: "Nothing is due.",
    stillPayable: (until: string) =>
      `Wallet cannot take its link back: it can be paid until ${until}. Please do not use it. Money that is sent there all the same is not lost: a person looks at it.`,
    refused: "Nothing was charged. You can try again with a new invoice.",
  },

  goods: { headline: "📦 Here is what you have paid for" },

  orders: {
    title: "Your orders",
    none: "You have not ordered anything yet.",
    noMore: "There are no more orders.",
    open: "Tap a number to see the order.",
    status: {
      Issued: "being prepared",
      Requested: "being prepared",
      Unknown: "being checked",
      AwaitingPayment: "to be paid",
      Paid: "paid",
      Held: "being looked at",
      RefundPending: "on its way back",
      Refunded: "sent back",
      Expired: "expired",
      Cancelled: "cancelled",
      Refused: "not opened",
    },
  },

  /** Below a message whose first sending nobody knows the outcome of. */
  sentAgain:
    "Sent again: we could not tell whether this message had reached you. Should you see it twice, go by this one.",

  /** At most 200 characters each: they appear over the chat for a moment. */
  toasts: {
    oldButton: "This button no longer works. Here is what we sell.",
    saved: "Saved.",
    Issued: "Your invoice is being prepared.",
    Requested: "Your invoice is being prepared.",
    Unknown: "We are checking with Wallet.",
    AwaitingPayment: "We have not heard of a payment yet. We are asking Wallet, and the message changes by itself.",
    Paid: "Paid. Thank you!",
    Held: "We have your money, and a person looks at it.",
    RefundPending: "Your money is on its way back to you.",
    Refunded: "We have sent your money back.",
    Expired: "This invoice has expired.",
    Cancelled: "This invoice is cancelled.",
    Refused: "Wallet did not open this invoice.",
    unsettled: "The invoice is just being prepared. Please try again in a moment.",
    ordered: "Your invoice is on its way.",
    alreadyOrdered: "You have an invoice for this that waits for your payment.",
    notSold: "This is no longer on sale.",
    noSuchOrder: "There is no such order.",
    tooFast: "That was a lot within a minute. Please wait for a minute, then go on.",
    tooManyOrders:
      "These were many new invoices within an hour. Please wait a little: what you have ordered stays as it is.",
  },

  /** Why there is something else to be seen than was asked for. */
  notes: {
    NotSold: "This is no longer on sale. Perhaps you like something else?",
    NoSuchOrder: "You have no such order.",
    NothingPaid: "There is no order yet that you have paid for.",
    NotOurLink: "This link is not ours, or was cut on its way. Here is what we sell:",
  },

  settings: {
    title: "Language and time",
    language: (name: string) => html`Language: <b>${name}</b>`,
    clock: (time: string, zone: string) => html`Your time now: <b>${time}</b> (${zone})`,
    whatTime: "What time is it where you are?",
    whyTime: "Press your time. Telegram does not tell us, and you shall know until when an invoice is valid.",
  },

  terms: {
    title: (shop: string) => `${shop}: terms`,
    ofPaying: () =>
      paragraphs(
        "• The price is fixed in the invoice's currency, and so is how long the invoice is valid. Both stand on it.",
        "• You pay with Wallet, in crypto, at the rate that Wallet shows you before you confirm.",
        "• An invoice can be cancelled until it is paid. Money that comes late, twice or in another amount is not lost: a person looks at it.",
        "• Refunds are made by hand, to you alone. The invoice's message tells when it is done.",
        "• We keep what was ordered and paid. What links an order to your Telegram account is kept apart, and erased on request.",
      ),
  },

  paySupport: {
    title: "When something is wrong with a payment",
    first:
      "Press “Check payment” below the invoice first: it shows what is true now. /receipt shows a receipt once more.",
    noContact: "Not solved? Please write to the shop, with the order's number.",
    notTelegram: "Telegram's own support and @BotSupport cannot help with purchases made here.",
  },

  notUnderstood: "Sorry, I did not understand that. This is what I can do:",

  help: (payButton: string) =>
    paragraphs(
      lines(
        html`<b>How it works</b>`,
        "1. Choose a product and press “Buy”.",
        `2. Press ${payButton}. The first time, Wallet asks to be added to your attachment menu and to send you messages.`,
        "3. The invoice turns into your receipt.",
      ),
      lines(
        html`<b>Wallet says “Something went wrong”?</b> It does so when`,
        "• the link was opened anywhere but in this chat: use the button here;",
        "• it was opened from the Gaming Platform: open Telegram itself;",
        "• somebody else opened it: only the person who ordered can pay;",
        "• Wallet has blocked the payer's account: Wallet's support knows why;",
        "• Wallet itself has a fault: try again in a few minutes.",
      ),
      "Not sure whether you have paid? Press “Check payment” below the invoice before you pay again.",
    ),
}

/** What every language must have: the compiler finds what is missing or too much. */
export type Words = typeof en
