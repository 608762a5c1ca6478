"""Addresses of the admin and of the links that mails carry."""

from django.urls import path
from django.views.generic import RedirectView

from apps.backoffice.pages import export_link, invitation, login_link, own_user, password_reset
from apps.backoffice.site import site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", site.urls),
    path("login-link/<str:token>/", login_link.LoginLinkPage.as_view(), name="login_link"),
    path("invitations/<str:token>/", invitation.InvitationPage.as_view(), name="invitation"),
    # Unfold's sign-in page shows a link to this name.
    path("password-reset/", password_reset.AskResetPage.as_view(), name="admin_password_reset"),
    path("password-reset/<str:token>/", password_reset.ResetPage.as_view(), name="password_reset"),
    path("user/", own_user.OwnUserPage.as_view(), name="own_user"),
    path("user/sessions/", own_user.EndSessionsPage.as_view(), name="end_sessions"),
    path("user/password/", own_user.OwnPasswordPage.as_view(), name="own_password"),
    path("user/email/", own_user.OwnEmailPage.as_view(), name="own_email"),
    path("email-change/<str:token>/", own_user.EmailChangePage.as_view(), name="email_change"),
    path("exports/<str:token>/", export_link.ExportLinkPage.as_view(), name="export_link"),
]
