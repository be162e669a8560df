/** `auto`: WebRTC, and HLS where that is not to be had. */
export type Preference = 'auto' | 'whep' | 'hls';

/** `?player=hls` asks for the reliable way, `?player=whep` for nothing but WebRTC. */
export function preferenceOf(search: string): Preference {
  const asked = new URLSearchParams(search).get('player');
  return asked === 'hls' || asked === 'whep' ? asked : 'auto';
}
