import { changeRules, hintIsNew } from './change-rules.ts';
import { advanceLimit, exchangeRules, reloadRules } from './delivery-rules.ts';
import { deltaRules } from './delta-rules.ts';
import { datesFollowMedia, initReadable, partsAreSegment, pieceRules } from './media-rules.ts';
import { playlistRules } from './playlist-rules.ts';
import { presentationRules, reportRules } from './presentation-rules.ts';

/** Every rule there is. */
export const allRules: readonly { readonly name: string; readonly clause: string; readonly level: string }[] =
  [
    ...playlistRules,
    hintIsNew,
    ...changeRules,
    ...deltaRules,
    ...exchangeRules,
    ...reloadRules,
    advanceLimit,
    initReadable,
    ...pieceRules,
    partsAreSegment,
    datesFollowMedia,
    ...presentationRules,
    ...reportRules,
  ];
