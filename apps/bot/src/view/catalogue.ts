/** What is sold: categories, their products page by page, and a product's card. */
import type { InvoiceId } from "@paylog/domain/Invoice"
import { type Category, type Contents, findCategory, type Product, productsIn } from "../Catalog.ts"
import { amount, type Language } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import type { Action } from "./Action.ts"
import { html, paragraphs } from "./html.ts"
import type { Button, Message } from "./Message.ts"
import type { Note } from "./notes.ts"
import { type Page, pageOf } from "./paging.ts"

/** One a row, so that a title and its price can be read on a phone. */
export const productsOnPage = 8

/** The first thing that customers see: the categories, or all products where there are none. */
export const catalogueMessage = (
  language: Language,
  catalog: Contents,
  {
    greet = false,
    note,
    offset = 0,
  }: { readonly greet?: boolean; readonly note?: Note; readonly offset?: number } = {},
): Message => {
  const { categories, products, shop } = catalog
  const words = wordsIn[language]
  const head = [
    note === undefined ? undefined : words.notes[note],
    html`<b>${shop[language]}</b>`,
    greet ? words.catalogue.welcome : undefined,
  ]
  if (categories === undefined) {
    const page = pageOf(products, offset, productsOnPage)
    return {
      text: paragraphs(...head, words.catalogue.choose(products.length), pageNumber(language, page)),
      buttons: [
        ...productButtons(language, page),
        turning(language, page, (from) => ({ _tag: "Products", offset: from })),
      ],
    }
  }
  return {
    text: paragraphs(...head, words.catalogue.chooseCategory),
    buttons: categories.map((category) => [
      {
        text: `${category.title[language]} (${productsIn(catalog, category).length})`,
        action: { _tag: "Category", categoryId: category.id, offset: 0 },
      },
    ]),
  }
}

export const categoryMessage = (language: Language, catalog: Contents, category: Category, offset: number): Message => {
  const words = wordsIn[language]
  const products = productsIn(catalog, category)
  const page = pageOf(products, offset, productsOnPage)
  return {
    text: paragraphs(
      html`<b>${category.title[language]}</b>`,
      words.catalogue.choose(products.length),
      pageNumber(language, page),
    ),
    buttons: [
      ...productButtons(language, page),
      turning(language, page, (from) => ({ _tag: "Category", categoryId: category.id, offset: from })),
      [{ text: words.buttons.catalogue, action: { _tag: "Catalogue" } }],
    ],
  }
}

/** With an `open` invoice for it, the button asks for another one besides that. */
export const productMessage = (language: Language, catalog: Contents, product: Product, open?: InvoiceId): Message => {
  const words = wordsIn[language]
  const price = amount(language, product.price)
  return {
    text: paragraphs(
      html`<b>${product.title[language]}</b>`,
      product.description[language],
      html`<b>${words.catalogue.price(price)}</b>`,
      words.catalogue.howPaid(product.price.currency),
      open === undefined ? undefined : words.catalogue.alreadyOrdered,
    ),
    buttons: [
      [
        open === undefined
          ? { text: words.buttons.buy(price), action: { _tag: "Buy", productId: product.id } }
          : { text: words.buttons.buyAnother(price), action: { _tag: "Again", invoiceId: open } },
      ],
      [...backToCategory(language, catalog, product), { text: words.buttons.catalogue, action: { _tag: "Catalogue" } }],
    ],
  }
}

/** To the page of its category that the product stands on. */
const backToCategory = (language: Language, catalog: Contents, product: Product): ReadonlyArray<Button> => {
  const category = findCategory(catalog, product.category)
  if (category === undefined) return []
  const place = productsIn(catalog, category).indexOf(product)
  const offset = place - (place % productsOnPage)
  return [{ text: `◀ ${category.title[language]}`, action: { _tag: "Category", categoryId: category.id, offset } }]
}

const productButtons = (language: Language, { shown }: Page<Product>): ReadonlyArray<ReadonlyArray<Button>> =>
  shown.map((product) => [
    {
      text: `${product.title[language]} — ${amount(language, product.price)}`,
      action: { _tag: "Product", productId: product.id },
    },
  ])

const pageNumber = (language: Language, { number, of }: Page<unknown>): string | undefined =>
  of === 1 ? undefined : wordsIn[language].catalogue.page(number, of)

const turning = (
  language: Language,
  { next, previous }: Page<unknown>,
  to: (offset: number) => Action,
): ReadonlyArray<Button> => {
  const words = wordsIn[language].buttons
  return [
    ...(previous === undefined ? [] : [{ text: words.previous, action: to(previous) }]),
    ...(next === undefined ? [] : [{ text: words.next, action: to(next) }]),
  ]
}
