// Emoji by short name. Unknown names are left as text.

const GLYPHS = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  heavy_multiplication_x: "✖️", warning: "⚠️", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", stop_sign: "🛑",
  exclamation: "❗", heavy_exclamation_mark: "❗", grey_exclamation: "❕", question: "❓", grey_question: "❔", bangbang: "‼️",
  interrobang: "⁉️", rotating_light: "🚨", bell: "🔔", no_bell: "🔕", information_source: "ℹ️", recycle: "♻️", infinity: "♾️",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", timer_clock: "⏲️", alarm_clock: "⏰", clock1: "🕐",
  clock3: "🕒", clock9: "🕘", watch: "⌚", calendar: "📆", date: "📅", spiral_calendar_pad: "🗓️",
  rocket: "🚀", satellite: "🛰️", satellite_antenna: "📡", flying_saucer: "🛸", airplane: "✈️", airplane_departure: "🛫",
  airplane_arriving: "🛬", ship: "🚢", train: "🚋", car: "🚗", construction: "🚧", checkered_flag: "🏁",
  triangular_flag_on_post: "🚩", dart: "🎯", trophy: "🏆", medal: "🏅", first_place_medal: "🥇", second_place_medal: "🥈",
  third_place_medal: "🥉", tada: "🎉", confetti_ball: "🎊", balloon: "🎈", gift: "🎁", sparkles: "✨", star: "⭐", star2: "🌟",
  dizzy: "💫", boom: "💥", collision: "💥", fire: "🔥", zap: "⚡", bulb: "💡", candle: "🕯️", flashlight: "🔦",
  eyes: "👀", eye: "👁️", mag: "🔍", mag_right: "🔎", microscope: "🔬", telescope: "🔭", test_tube: "🧪", petri_dish: "🧫",
  dna: "🧬", robot_face: "🤖", brain: "🧠", ghost: "👻", skull: "💀", alien: "👽", bug: "🐛", beetle: "🐞", ant: "🐜",
  snail: "🐌", turtle: "🐢", rabbit: "🐰", hugging_face: "🤗", package: "📦", inbox_tray: "📥", outbox_tray: "📤",
  mailbox: "📫", email: "✉️", envelope: "✉️", e_mail: "📧", memo: "📝", pencil: "📝", pencil2: "✏️", clipboard: "📋",
  page_facing_up: "📄", page_with_curl: "📃", bookmark_tabs: "📑", scroll: "📜", books: "📚", book: "📖", notebook: "📓",
  file_folder: "📁", open_file_folder: "📂", card_index_dividers: "🗂️", file_cabinet: "🗄️", wastebasket: "🗑️", link: "🔗",
  paperclip: "📎", pushpin: "📌", round_pushpin: "📍", label: "🏷️", bookmark: "🔖", scissors: "✂️", lock: "🔒",
  unlock: "🔓", key: "🔑", shield: "🛡️", hammer: "🔨", wrench: "🔧", hammer_and_wrench: "🛠️", gear: "⚙️", toolbox: "🧰",
  nut_and_bolt: "🔩", magnet: "🧲", electric_plug: "🔌", battery: "🔋", computer: "💻", desktop_computer: "🖥️",
  keyboard: "⌨️", floppy_disk: "💾", cd: "💿", minidisc: "💽", iphone: "📱", globe_with_meridians: "🌐",
  earth_africa: "🌍", earth_americas: "🌎", earth_asia: "🌏", cloud: "☁️", sunny: "☀️", partly_sunny: "⛅",
  rain_cloud: "🌧️", thunder_cloud_and_rain: "⛈️", snowflake: "❄️", rainbow: "🌈", ocean: "🌊", umbrella: "☔",
  moneybag: "💰", dollar: "💵", money_with_wings: "💸", credit_card: "💳", chart_with_upwards_trend: "📈",
  chart_with_downwards_trend: "📉", bar_chart: "📊", abacus: "🧮", loudspeaker: "📢", mega: "📣", speech_balloon: "💬",
  thought_balloon: "💭", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", clap: "👏", wave: "👋", pray: "🙏",
  muscle: "💪", ok_hand: "👌", raised_hands: "🙌", raised_hand: "✋", point_right: "👉", point_left: "👈",
  point_up: "☝️", point_down: "👇", handshake: "🤝", crossed_fingers: "🤞", smile: "😄", grinning: "😀", slightly_smiling_face: "🙂",
  wink: "😉", joy: "😂", sob: "😭", cry: "😢", sweat_smile: "😅", thinking_face: "🤔", sunglasses: "😎", sleeping: "😴",
  zzz: "💤", heart: "❤️", blue_heart: "💙", green_heart: "💚", broken_heart: "💔", hundred: "💯", "100": "💯",
  coffee: "☕", pizza: "🍕", beers: "🍻", seedling: "🌱", evergreen_tree: "🌲", herb: "🌿", four_leaf_clover: "🍀",
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", large_purple_circle: "🟣", large_brown_circle: "🟤", black_circle: "⚫", white_circle: "⚪",
  large_red_square: "🟥", large_orange_square: "🟧", large_yellow_square: "🟨", large_green_square: "🟩", large_blue_square: "🟦",
  black_large_square: "⬛", white_large_square: "⬜", black_small_square: "▪️", white_small_square: "▫️",
  large_blue_diamond: "🔷", large_orange_diamond: "🔶", small_blue_diamond: "🔹", small_orange_diamond: "🔸",
  small_red_triangle: "🔺", small_red_triangle_down: "🔻", arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️",
  arrow_down: "⬇️", arrows_counterclockwise: "🔄", arrows_clockwise: "🔃", repeat: "🔁", fast_forward: "⏩", rewind: "⏪",
  arrow_forward: "▶️", double_vertical_bar: "⏸️", black_square_for_stop: "⏹️", heavy_plus_sign: "➕", heavy_minus_sign: "➖",
  one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣", six: "6️⃣", seven: "7️⃣", eight: "8️⃣", nine: "9️⃣", zero: "0️⃣",
};

/** Returns the emoji of a short name, or undefined. */
export function glyph(name) {
  return Object.hasOwn(GLYPHS, name) ? GLYPHS[name] : undefined;
}

/** Replaces the known `:short_names:` in a text. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => glyph(name) ?? whole);
}
