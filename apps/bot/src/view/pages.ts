/** The messages that are not about one invoice's state: pure functions of what they show. */
import type { Status } from "@paylog/domain/Invoice"
import type { InvoiceRow } from "@paylog/payments/InvoiceRows"
import type { Contents, Product } from "../Catalog.ts"
import { amount, type Language, shortDay } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import { html, lines, paragraphs } from "./html.ts"
import { payButton } from "./invoiceMessage.ts"
import type { Message } from "./Message.ts"

export const cataloguePage = (language: Language, { shop, products }: Contents, greet: boolean): Message => {
  const words = wordsIn[language]
  return {
    text: paragraphs(
      html`<b>${shop[language]}</b>`,
      greet ? words.catalogue.welcome : undefined,
      words.catalogue.choose(products.length),
    ),
    buttons: products.map((product) => [
      {
        text: `${product.title[language]} — ${amount(language, product.price)}`,
        action: { _tag: "Product", productId: product.id },
      },
    ]),
  }
}

export const productPage = (language: Language, product: Product): Message => {
  const words = wordsIn[language]
  const price = amount(language, product.price)
  return {
    text: paragraphs(
      html`<b>${product.title[language]}</b>`,
      product.description[language],
      words.catalogue.price(price),
    ),
    buttons: [
      [{ text: words.buttons.buy(price), action: { _tag: "Buy", productId: product.id } }],
      [{ text: words.buttons.catalogue, action: { _tag: "Catalogue" } }],
    ],
  }
}

/** Orders on one page: as many as fit in one row of buttons. */
export const ordersOnPage = 5

/** `rows` are the orders after the newest `offset`: one more than fit tells that there is a next page. */
export const ordersPage = (language: Language, rows: ReadonlyArray<InvoiceRow>, offset: number): Message => {
  const words = wordsIn[language]
  const shown = rows.slice(0, ordersOnPage)
  const title = html`<b>${words.orders.title}</b>`
  const catalogue = { text: words.buttons.catalogue, action: { _tag: "Catalogue" } as const }
  const newer = { text: words.buttons.newer, action: ordersFrom(Math.max(0, offset - ordersOnPage)) }
  const older = { text: words.buttons.older, action: ordersFrom(offset + ordersOnPage) }
  if (shown.length === 0) {
    return offset === 0
      ? { text: paragraphs(title, words.orders.none), buttons: [[catalogue]] }
      : { text: paragraphs(title, words.orders.noMore), buttons: [[newer]] }
  }
  return {
    text: paragraphs(
      title,
      lines(...shown.map((row, i) => html`${offset + i + 1}. ${orderLine(language, row)}`)),
      words.orders.open,
    ),
    buttons: [
      shown.map(({ invoiceId }, i) => ({ text: `${offset + i + 1}`, action: { _tag: "Order", invoiceId } })),
      [...(offset > 0 ? [newer] : []), ...(rows.length > ordersOnPage ? [older] : [])],
    ],
  }
}

const ordersFrom = (offset: number) => ({ _tag: "Orders", offset }) as const

const orderLine = (language: Language, row: InvoiceRow): string => {
  const { status } = wordsIn[language].orders
  const price = amount(language, { currency: row.currency, unread: row.amount })
  return [
    shortDay(language, row.issuedAt),
    row.title,
    price,
    isStatus(status, row.status) ? status[row.status] : row.status,
  ].join(" · ")
}

const isStatus = (words: Record<Status, string>, status: string): status is Status => Object.hasOwn(words, status)

export const helpPage = (language: Language): Message => {
  const words = wordsIn[language]
  return {
    text: words.help(payButton),
    buttons: [[{ text: words.buttons.catalogue, action: { _tag: "Catalogue" } }]],
  }
}

export const notUnderstoodPage = (language: Language): Message => {
  const words = wordsIn[language]
  return {
    text: paragraphs(
      words.notUnderstood,
      lines(...commands(language).map(({ command, description }) => `/${command} — ${description}`)),
    ),
    buttons: [[{ text: words.buttons.catalogue, action: { _tag: "Catalogue" } }]],
  }
}

/** The bot's menu, as `setMyCommands` takes it. */
export const commands = (language: Language) =>
  Object.entries(wordsIn[language].commands).map(([command, description]) => ({ command, description }))
