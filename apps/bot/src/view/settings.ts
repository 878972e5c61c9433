/** What customers choose for themselves: the language, and the clock by which they are told times. */
import type { DateTime } from "effect"
import { languages, ownNames, type Reader, time, utcOffsets, zone } from "../words/language.ts"
import { wordsIn } from "../words/words.ts"
import { html, lines, paragraphs } from "./html.ts"
import type { Button, Message } from "./Message.ts"

export const settingsMessage = (reader: Reader, now: DateTime.Utc): Message => {
  const { buttons, settings } = wordsIn[reader.language]
  return {
    text: paragraphs(
      html`<b>${settings.title}</b>`,
      lines(settings.language(ownNames[reader.language]), settings.clock(time(reader, now), zone(reader.utcOffset))),
    ),
    buttons: [
      languages.map((language) => ({
        text: language === reader.language ? `✓ ${ownNames[language]}` : ownNames[language],
        action: { _tag: "Speak", language },
      })),
      [{ text: buttons.clocks, action: { _tag: "Clocks" } }],
      [{ text: buttons.catalogue, action: { _tag: "Catalogue" } }],
    ],
  }
}

const clocksInRow = 3

/** A clock for each offset in use: nobody needs to know the name of theirs. */
export const clocksMessage = (reader: Reader, now: DateTime.Utc): Message => {
  const { buttons, settings } = wordsIn[reader.language]
  const clocks: ReadonlyArray<Button> = utcOffsets.map((utcOffset) => ({
    text: `${time({ ...reader, utcOffset }, now)} ${zone(utcOffset)}`,
    action: { _tag: "Clock", utcOffset },
  }))
  const rows = Array.from({ length: Math.ceil(clocks.length / clocksInRow) }, (_, row) =>
    clocks.slice(row * clocksInRow, (row + 1) * clocksInRow),
  )
  return {
    text: paragraphs(html`<b>${settings.whatTime}</b>`, settings.whyTime),
    buttons: [...rows, [{ text: buttons.back, action: { _tag: "Settings" } }]],
  }
}
