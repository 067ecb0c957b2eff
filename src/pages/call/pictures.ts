/** The drawings of the call page, as SVG; its style sets their position and colours. */

/** A person with a headset, in a circle. */
export const AGENT_ICON = `<svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">
<path class="fill" d="M24 27c-8.6 0-14.5 4.6-15 11.5 0 1 .7 1.5 1.5 1.5h27c.8 0 1.5-.5 1.5-1.5C38.5 31.6 32.6
 27 24 27z"/>
<circle class="fill" cx="24" cy="16.5" r="8"/>
<path class="line" d="M13 18v-2a11 11 0 0 1 22 0v2M35 19c0 4-2.5 6.5-6.5 7"/>
<rect class="solid" x="11" y="15" width="4" height="7" rx="2"/>
<rect class="solid" x="33" y="15" width="4" height="7" rx="2"/>
</svg>`;

/** The office behind the agent: it fills the frame, whatever its shape. */
export const OFFICE_PICTURE = `<svg class="room" viewBox="0 0 1600 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true"
 focusable="false">
<defs>
<linearGradient id="wall" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#d9e4ee"/>
<stop offset="1" stop-color="#b3c6d8"/></linearGradient>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f2f8fd"/>
<stop offset="1" stop-color="#d3e6f5"/></linearGradient>
</defs>
<rect width="1600" height="900" fill="url(#wall)"/>
<g fill="url(#sky)"><rect x="90" y="90" width="270" height="470" rx="10"/>
<rect x="384" y="90" width="270" height="470" rx="10"/><rect x="678" y="90" width="270" height="470" rx="10"/>
</g>
<path d="M90 560v-130h60v-60h70v90h50v-50h90v150zM384 560v-90h70v-120h60v70h60v-40h80v180zM678
 560v-110h60v40h70v-120h66 v80h74v110z" fill="#bcd3e6" opacity=".7"/>
<g fill="#c2d1df"><rect x="1080" y="210" width="390" height="14" rx="4"/>
<rect x="1080" y="400" width="390" height="14" rx="4"/></g>
<g fill="#9db4c9"><rect x="1110" y="126" width="26" height="84" rx="4"/>
<rect x="1142" y="110" width="30" height="100" rx="4"/><rect x="1178" y="134" width="24" height="76" rx="4"/>
<rect x="1290" y="316" width="28" height="84" rx="4"/>
<rect x="1324" y="298" width="24" height="102" rx="4"/><rect x="1354" y="322" width="32" height="78" rx="4"/>
</g>
<path d="M1352 210c-34-10-44-44-40-66 22 6 36 24 40 44 2-30 12-56 36-72 10 32-2 70-26 94z" fill="#86b09b"/>
<path d="M1326 176h52l-8 34h-36z" transform="translate(4 0)" fill="#eef3f7"/>
<g fill="#a9bed2"><circle cx="250" cy="560" r="50"/><path d="M150 760c4-96 40-130 100-130s96 34 100 130z"/>
<circle cx="1290" cy="575" r="46"/><path d="M1196 760c4-90 38-122 94-122s90 32 94 122z"/></g>
<path d="M196 566v-10a54 54 0 0 1 108 0v10M1240 580v-8a50 50 0 0 1 100 0v8" fill="none" stroke="#8ba4bc"
 stroke-width="10" stroke-linecap="round"/>
<g fill="#8ea6bd"><rect x="330" y="610" width="220" height="140" rx="10"/>
<rect x="1030" y="620" width="210" height="130" rx="10"/></g>
<rect y="744" width="1600" height="156" fill="#91a9c0"/>
<rect y="744" width="1600" height="10" fill="#a9bed2"/>
</svg>`;

const LAPEL = 'M246 414L206 438l-20 70 40 12-12 18 78 62h8c-18-62-40-124-54-186z';

/** The agent in the call; \`label\` is the picture's alternative text. */
export const renderAgentPicture = (
  label: string,
): string => `<svg class="agent" viewBox="0 0 600 600" preserveAspectRatio="xMidYMax meet" role="img"
 aria-label="${label}">
<g class="breathing">
<path d="M188 274c-16-124 44-178 112-178s128 54 112 178c4 62 14 102-10 128-16 14-38 4-48-16H246c-10 20-32
 30-48 16-24-26-14-66 -10-128z" fill="#33241f"/>
<path d="M34 600c4-92 56-132 142-154l74-24h100l74 24c86 22 138 62 142 154z" fill="#1f4168"/>
<path d="M246 416h108l20 24-70 160h-8l-70-160z" fill="#f3f7fb"/>
<path d="${LAPEL}" fill="#2c568a"/>
<path d="${LAPEL}" transform="translate(600 0) scale(-1 1)" fill="#2c568a"/>
<path d="M260 336v82c8 38 72 38 80 0v-82z" fill="#dfa684"/>
<path d="M260 366c20 28 60 28 80 0v20c-20 26-60 26-80 0z" fill="#c98d6c"/>
<g class="face" transform="translate(24 30) scale(.92)">
<ellipse cx="210" cy="252" rx="15" ry="24" fill="#e5ae8d"/>
<ellipse cx="390" cy="252" rx="15" ry="24" fill="#e5ae8d"/>
<path d="M210 228c0-82 40-114 90-114s90 32 90 114c0 84-38 146-90 146s-90-62-90-146z" fill="#f1c3a3"/>
<path d="M202 252c0-52 20-90 60-104 28 36 80 56 134 60 4 14 4 30 2 44 26-86-10-166-98-166s-124 80-98 166z"
 fill="#46322a"/>
<path d="M262 148c14-20 34-32 60-36" fill="none" stroke="#5a4238" stroke-width="5" stroke-linecap="round"/>
<g fill="#e5806b" opacity=".22"><ellipse cx="248" cy="294" rx="20" ry="12"/>
<ellipse cx="352" cy="294" rx="20" ry="12"/></g>
<g fill="none" stroke="#46322a" stroke-width="6" stroke-linecap="round"><path d="M250 228c8-7 24-8 33-2"/>
<path d="M317 226c9-6 25-5 33 2"/></g>
<g fill="#2a1e1a"><ellipse cx="267" cy="252" rx="8" ry="9.5"/><ellipse cx="333" cy="252" rx="8" ry="9.5"/></g>
<g fill="#fff"><circle cx="270" cy="248.5" r="2.6"/><circle cx="336" cy="248.5" r="2.6"/></g>
<g class="lids"><path d="M255 240h24v24h-24zM321 240h24v24h-24z" fill="#f1c3a3"/>
<path d="M257 254c6 6 14 6 20 0M323 254c6 6 14 6 20 0" fill="none" stroke="#2a1e1a" stroke-width="4"
 stroke-linecap="round"/>
</g>
<path d="M298 262c-4 14-8 20-2 25 3 2 7 2 10 0" fill="none" stroke="#cf9472" stroke-width="4.5"
 stroke-linecap="round"/>
<path d="M270 316c8 30 52 30 60 0-17 5-43 5-60 0z" fill="#a9474a"/>
<path d="M274 317c17 4 35 4 52 0-2 6-4 8-7 11-12 3-26 3-38 0-3-3-5-5-7-11z" fill="#fff"/>
<path d="M196 244C184 122 240 76 300 76s116 46 104 168" fill="none" stroke="#18222e" stroke-width="13"/>
<g fill="#18222e"><rect x="178" y="220" width="34" height="68" rx="16"/>
<rect x="388" y="220" width="34" height="68" rx="16"/></g>
<g fill="#4a90d9"><rect x="184" y="240" width="7" height="28" rx="3.5"/>
<rect x="409" y="240" width="7" height="28" rx="3.5"/></g>
<path d="M196 284c2 42 26 62 60 60" fill="none" stroke="#18222e" stroke-width="6"/>
<rect x="246" y="335" width="30" height="16" rx="8" fill="#18222e"/>
</g>
</g>
</svg>`;
