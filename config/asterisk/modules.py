"""The modules of Asterisk that are loaded, in an order their dependencies allow."""

from config.asterisk.program import PbxUnusableError
from config.asterisk.settings import PbxSettings

NEEDED = """
res_timing_timerfd res_crypto res_sorcery_config res_sorcery_memory res_sorcery_astdb
res_pjproject res_http_websocket res_pjsip res_pjsip_session res_rtp_asterisk res_srtp
res_pjsip_pubsub res_pjsip_sdp_rtp res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip res_pjsip_registrar
res_pjsip_nat res_pjsip_rfc3326 res_pjsip_caller_id res_pjsip_dtmf_info res_pjsip_empty_info
res_pjsip_dlg_options res_pjsip_header_funcs chan_pjsip
codec_ulaw codec_alaw codec_a_mu codec_g722 codec_resample
format_pcm format_wav format_sln
bridge_simple bridge_native_rtp bridge_softmix bridge_holding bridge_builtin_features
bridge_builtin_interval_features
res_musiconhold res_speech res_agi res_manager_devicestate pbx_config
app_db app_dial app_queue app_stack app_playback app_read app_userevent app_exec app_echo app_originate
app_mixmonitor app_chanspy app_confbridge
func_callerid func_channel func_cut func_db func_dialplan func_devstate func_env func_global func_hangupcause
func_lock func_logic func_strings func_timeout
""".split()  # noqa: SIM905 - a list of seventy lines would say no more
_IF_WEBSOCKET = ["res_pjsip_transport_websocket"]
_IF_REGISTERING = ["res_pjsip_outbound_registration"]
_IF_THERE = ["res_format_attr_opus", "codec_opus_open_source", "codec_opus"]


def chosen(settings: PbxSettings) -> tuple[list[str], list[str]]:
    """Names, without `.so`, of the modules that must be loaded and of those that may. Raises PbxUnusableError."""
    there = settings.program.modules
    names = list(NEEDED)
    if settings.transports.ws or settings.transports.wss:
        names += _IF_WEBSOCKET
    if any(trunk.registration for trunk in settings.trunks):
        names += _IF_REGISTERING
    missing = [name for name in names if name not in there]
    if missing:
        raise PbxUnusableError(
            f"{settings.program.launcher} lacks {', '.join(missing)}: install the package with Asterisk's modules, "
            "or let scripts/install_asterisk.sh fetch one"
        )
    return names, [name for name in _IF_THERE if name in there]
